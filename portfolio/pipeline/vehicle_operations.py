"""Vehicles: the mother fund and the sub-funds it commits to."""

import sqlalchemy as sa

from portfolio.extensions import db
from portfolio.kernel.errors import InputError
from portfolio.kernel.text import clean
from portfolio.pipeline.models import Vehicle, VehicleKind


def enter_vehicle(
    kind: VehicleKind,
    name_zh: str,
    name_en: str = "",
    manager_name: str = "",
    size_fen: int | None = None,
) -> Vehicle:
    """Enter a vehicle. Raises InputError without a name or with one that is taken."""
    vehicle = Vehicle(kind=kind.value)
    change_vehicle(vehicle, name_zh, name_en, manager_name, size_fen)
    db.session.add(vehicle)
    db.session.flush()
    return vehicle


def change_vehicle(
    vehicle: Vehicle,
    name_zh: str,
    name_en: str = "",
    manager_name: str = "",
    size_fen: int | None = None,
) -> None:
    """Change what a vehicle is called, who manages it and how large it is (fen)."""
    name = clean(name_zh)
    if not name:
        raise InputError("name.missing")
    taken = sa.select(Vehicle.id).where(Vehicle.name_zh == name, Vehicle.id != (vehicle.id or 0))
    with db.session.no_autoflush:
        if db.session.scalar(taken) is not None:
            raise InputError("vehicle.taken", value=name)
    vehicle.name_zh = name
    vehicle.name_en = clean(name_en)
    vehicle.manager_name = clean(manager_name)
    vehicle.size_fen = size_fen
