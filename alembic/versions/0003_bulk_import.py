"""Finding leads by telephone and page by page without reading the table, and statistics after a bulk load."""

import sqlalchemy as sa

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# ANALYZE is its owner's right; through this function an import may ask for it.
ANALYZE = """
CREATE FUNCTION analyze_leads() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  ANALYZE leads, import_members;
END $$
"""


def upgrade() -> None:
    op.create_index("ix_leads_phone", "leads", ["tenant_id", "phone"], postgresql_where=sa.text("phone IS NOT NULL"))
    op.create_index("ix_leads_tenant_id_id", "leads", ["tenant_id", "id"])
    op.create_index("ix_imports_tenant_id_created_at", "imports", ["tenant_id", "created_at"])
    # A million rows are a million checks; the one of the import implies the tenant.
    op.drop_constraint("fk_import_members_tenant_id_tenants", "import_members", type_="foreignkey")
    op.execute(ANALYZE)
    op.execute("REVOKE ALL ON FUNCTION analyze_leads FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION analyze_leads TO rex_app")


def downgrade() -> None:
    op.execute("DROP FUNCTION analyze_leads")
    op.create_foreign_key(
        "fk_import_members_tenant_id_tenants", "import_members", "tenants", ["tenant_id"], ["id"], ondelete="CASCADE"
    )
    op.drop_index("ix_imports_tenant_id_created_at", "imports")
    op.drop_index("ix_leads_tenant_id_id", "leads")
    op.drop_index("ix_leads_phone", "leads")
