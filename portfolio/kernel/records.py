"""Kinds of records that several slices keep."""

from portfolio.kernel.titles import TitledEnum


class ActivityKind(TitledEnum):
    """What kind of contact there was."""

    NOTE = "note", "记录", "Note"
    CALL = "call", "电话", "Call"
    VISIT = "visit", "走访", "Visit"
    MEETING = "meeting", "会议", "Meeting"
    ROADSHOW = "roadshow", "路演", "Roadshow"


class PaperKind(TitledEnum):
    """The kinds of papers that mean something here; any other is text that is written freely."""

    TERMS = "terms", "交易条款", "Terms"
    PATENT = "patent", "专利", "Patent"


class LeadSource(TitledEnum):
    """Where a lead came from."""

    REFERRAL = "referral", "推荐", "Referral"
    ACCELERATOR = "accelerator", "加速器", "Accelerator"
    ROADSHOW = "roadshow", "路演", "Roadshow"
    SUBFUND = "subfund", "子基金", "Sub-fund"
    GOVERNMENT = "government", "政府部门", "Government"
    UNIVERSITY = "university", "高校院所", "University or institute"
    CHAIN_LEADER = "chain_leader", "链主企业", "Chain leader"
    OUTREACH = "outreach", "主动发掘", "Own outreach"
    IMPORT = "import", "名单导入", "Imported list"
    OTHER = "other", "其他", "Other"
