"""The fields that a stage's condition may ask for, and how each is entered (pure)."""

from dataclasses import dataclass

# Between which levels technology readiness goes.
LEAST_TRL, MOST_TRL = 1, 9


@dataclass(frozen=True)
class Field:
    """One field of the company or of the deal; `kind` says how it is entered and read."""

    key: str
    kind: str
    zh: str
    en: str

    @property
    def record(self) -> str:
        """`company` or `deal`."""
        return self.key.split(".")[0]

    @property
    def name(self) -> str:
        """The column."""
        return self.key.split(".")[1]


FIELDS = {
    field.key: field
    for field in (
        Field("company.uscc", "uscc", "统一社会信用代码", "Credit code"),
        Field("company.uscc_missing_reason", "text", "暂无代码的原因", "Why there is no code yet"),
        Field("company.industry", "text", "所属行业", "Industry"),
        Field("company.lead_source", "source", "线索来源", "Source of the lead"),
        Field("company.place", "text", "所在地", "Place"),
        Field("company.founded_on", "day", "成立日期", "Founded"),
        Field("company.description", "long", "业务描述", "What it does"),
        Field("company.products", "long", "主要产品", "Main products"),
        Field("company.website", "text", "网站", "Website"),
        Field("deal.owner_id", "person", "负责人", "Owner"),
        Field("deal.round", "round", "融资轮次", "Round"),
        Field("deal.amount_fen", "money", "本次投资额（万元）", "Our amount (10,000 CNY)"),
        Field("deal.round_size_fen", "money", "本轮融资总额（万元）", "Round size (10,000 CNY)"),
        Field("deal.pre_money_fen", "money", "投前估值（万元）", "Pre-money (10,000 CNY)"),
        Field("deal.lead_investor", "text", "领投方", "Lead investor"),
        Field("deal.trl", "trl", "技术成熟度（TRL）", "Technology readiness"),
        Field("deal.risks", "long", "主要风险", "Main risks"),
        Field("deal.pre_review", "long", "预审意见", "Opinion of the pre-review"),
        Field("deal.next_step", "text", "下一步", "Next step"),
        Field("deal.next_step_on", "day", "下一步日期", "Day of the next step"),
    )
}
