"""What actions, kinds of objects and columns of the audit trail are called (pure)."""

ACTIONS = {
    "activity.note": ("记录跟进", "Noted a contact"),
    "agenda.set": ("安排会议议程", "Set an agenda"),
    "company.change": ("修改企业信息", "Changed the company"),
    "company.export": ("导出企业", "Exported companies"),
    "company.import": ("导入企业", "Imported companies"),
    "company.register": ("录入企业", "Entered the company"),
    "contact.enter": ("添加人员", "Added a person"),
    "deal.break_glass": ("开启保密项目", "Opened a walled deal"),
    "deal.change": ("修改项目", "Changed the deal"),
    "deal.export": ("导出项目", "Exported deals"),
    "deal.export_sent": ("导出文件送达", "Sent an export"),
    "deal.look": ("查看保密项目", "Looked at a walled deal"),
    "deal.move": ("变更项目阶段", "Moved the deal"),
    "deal.open": ("新建项目", "Opened a deal"),
    "demo.load": ("载入演示数据", "Loaded demo data"),
    "digest.claim": ("领取周报任务", "Took up a digest"),
    "digest.close": ("关闭周报任务", "Closed a digest"),
    "digest.compose": ("生成周报", "Composed a digest"),
    "digest.conclude": ("完成周报任务", "Concluded a digest"),
    "digest.plan": ("计划周报", "Planned digests"),
    "digest.send": ("发送周报", "Sent a digest"),
    "digest.subscription": ("修改周报订阅", "Changed a subscription"),
    "digest.unsubscribe": ("退订周报", "Unsubscribed from digests"),
    "document.keep": ("存入文件", "Kept a document"),
    "figure.answer": ("裁定不同数值", "Decided on a differing figure"),
    "figure.import": ("导入数据", "Imported figures"),
    "figure.state": ("填报数据", "Stated figures"),
    "import.discard": ("放弃导入", "Discarded an import"),
    "import.map": ("设置导入列", "Mapped the columns of an import"),
    "import.upload": ("上传导入文件", "Uploaded a file to import"),
    "password.set": ("设置密码", "Set a password"),
    "readiness.refresh": ("刷新准备度评估", "Refreshed assessments"),
    "scheduler.tick": ("定时任务", "Tick of the scheduler"),
    "session.end_others": ("退出其他登录", "Ended other sessions"),
    "user.disable": ("停用账号", "Closed an account"),
    "user.link": ("生成密码链接", "Made a password link"),
    "user.roles": ("修改角色", "Changed roles"),
    "session.log_in": ("登录", "Logged in"),
    "session.refused": ("登录被拒", "Log-in refused"),
    "session.end": ("终止会话", "Ended sessions"),
    "act.undo": ("撤销操作", "Took an act back"),
    "session.log_out": ("退出登录", "Logged out"),
    "session.touch": ("会话续期", "Kept the session alive"),
    "tag.confirm": ("确认技术标签", "Confirmed a tag"),
    "tag.reject": ("驳回技术标签", "Rejected a tag"),
    "tag.review": ("复核技术标签", "Reviewed a tag"),
    "tag.suggest": ("建议技术标签", "Suggested tags"),
    "task.add": ("新增待办", "Added a task"),
    "task.finish": ("完成待办", "Finished a task"),
    "user.create": ("创建用户", "Created a user"),
    "user.preference": ("修改个人设置", "Changed own settings"),
}
KINDS = {
    "activity": ("跟进记录", "Note"),
    "chokepoint_tag": ("技术标签", "Tag"),
    "company": ("企业", "Company"),
    "company_name": ("曾用名", "Former name"),
    "contact": ("人员", "Person"),
    "deal": ("项目", "Deal"),
    "deal_grant": ("项目授权", "Grant on a deal"),
    "deal_list": ("项目清单", "List of deals"),
    "deal_member": ("项目成员", "Member of a deal"),
    "deal_terms": ("交易条款", "Terms of a deal"),
    "digest_schedule": ("周报安排", "Schedule of digests"),
    "digest_subscription": ("周报订阅", "Subscription to digests"),
    "document": ("文件", "Document"),
    "document_version": ("文件版本", "Version of a document"),
    "equity_round": ("融资轮次", "Financing round"),
    "figure": ("数据", "Figure"),
    "holding": ("持股", "Holding"),
    "import_batch": ("导入批次", "Import"),
    "pipeline_version": ("流程版本", "Version of a pipeline"),
    "stage_event": ("阶段变更", "Change of stage"),
    "stock_code": ("证券代码", "Stock code"),
    "task": ("待办", "Task"),
    "user": ("用户", "User"),
    "user_role": ("用户角色", "Role of a user"),
    "vehicle": ("出资主体", "Vehicle"),
}
COLUMNS = {
    "description": ("业务描述", "What it does"),
    "founded_on": ("成立日期", "Founded"),
    "industry": ("行业", "Industry"),
    "lead_source": ("线索来源", "Source of the lead"),
    "lead_source_note": ("具体来源", "Who or what exactly"),
    "name_en": ("英文名称", "English name"),
    "name_zh": ("中文名称", "Chinese name"),
    "place": ("所在地", "Place"),
    "region_code": ("行政区划代码", "Administrative code"),
    "short_name": ("简称", "Short name"),
    "uscc": ("统一社会信用代码", "Credit code"),
    "uscc_missing_reason": ("暂无代码的原因", "Why there is no code yet"),
    "website": ("网站", "Website"),
}


def action_title(action: str, locale: str) -> str:
    """What was done, in the reader's language; the bare key when nobody has named it."""
    return ACTIONS.get(action, (action, action))[locale == "en"]


def kind_title(kind: str, locale: str) -> str:
    """What it was done to."""
    return KINDS.get(kind, (kind, kind))[locale == "en"]


def column_title(column: str, locale: str) -> str:
    """Which column was changed."""
    return COLUMNS.get(column, (column, column))[locale == "en"]
