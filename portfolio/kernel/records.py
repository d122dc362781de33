"""Kinds of records that several slices keep."""

from portfolio.kernel.titles import TitledEnum


class ActivityKind(TitledEnum):
    """What kind of contact there was."""

    NOTE = "note", "记录", "Note"
    CALL = "call", "电话", "Call"
    VISIT = "visit", "走访", "Visit"
    MEETING = "meeting", "会议", "Meeting"
    ROADSHOW = "roadshow", "路演", "Roadshow"
