from pathlib import Path
from rex_celery import db
from rex_celery.leads.importing import import_csv
from sqlalchemy import text
def test_sample(tenant):
    for i in range(2):
        with Path("/work/shared/data/crm_export.csv").open("rb") as f:
            r = import_csv(f, tenant_id=tenant, filename="crm_export.csv", mapping=None, actor="t")
        print(r)
    with db.transaction(tenant) as s:
        print(s.execute(text("select * from leads order by id limit 3")).mappings().all())
