"""The kinds that rows of deals are of: statuses, and what the first moves did (pure)."""

from portfolio.kernel.titles import TitledEnum


class Status(TitledEnum):
    """Where a deal ended, apart from the stage it stands in."""

    ACTIVE = "active", "在办", "Active"
    ON_HOLD = "on_hold", "搁置", "On hold"
    REJECTED = "rejected", "否决", "Rejected"
    WITHDRAWN = "withdrawn", "撤回", "Withdrawn"
    MERGED = "merged", "合并", "Merged"
    LAPSED = "lapsed", "失效", "Lapsed"
    TERMINATED = "terminated", "终止", "Terminated"


class MoveKind(TitledEnum):
    """What a stage event did."""

    OPEN = "open", "立卡", "Opened"
    FORWARD = "forward", "推进", "Moved on"
    BACK = "back", "退回", "Moved back"
    SKIP = "skip", "越级", "Skipped ahead"
    HOLD = "hold", "搁置", "Put on hold"
    RESUME = "resume", "恢复", "Resumed"
    REJECT = "reject", "否决", "Rejected"
    WITHDRAW = "withdraw", "撤回", "Withdrawn"
    REOPEN = "reopen", "重启", "Reopened"
    LAPSE = "lapse", "失效", "Lapsed"
    TERMINATE = "terminate", "终止", "Terminated"
    UNDO = "undo", "撤销", "Taken back"
    CARRY = "carry", "转入新版流程", "Carried to a new version"
