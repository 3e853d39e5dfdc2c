//! The start page and the list of vendors count from indexes alone, however many vendors there are: a vendor keeps the
//! worst residual risk of its services.

use sea_orm_migration::{prelude::*, schema::*};

/// The step.
#[derive(DeriveMigrationName)]
pub struct Migration;

/// Table, name of the index, and its columns after the tenant.
type Columns = (&'static str, &'static str, &'static [&'static str]);

const NEW: [Columns; 7] = [
    ("vendor", "ix_vendor_state_worst_residual", &["state", "worst_residual"]),
    ("vendor", "ix_vendor_listed", &["state", "name_normalised", "id", "name", "worst_residual"]),
    ("service", "ix_service_vendor_id_id", &["vendor_id", "id"]),
    ("intake", "ix_intake_current", &["service_id", "number", "tier"]),
    (
        "assessment",
        "ix_assessment_vendor_id_standing",
        &["vendor_id", "state", "submitted_at", "id", "service_id"],
    ),
    ("assessment", "ix_assessment_service_id_latest", &["service_id", "submitted_at", "id", "state"]),
    ("finding", "ix_finding_state_due_on_id", &["state", "due_on", "id"]),
];

/// Each is the beginning of another index now.
const OLD: [Columns; 6] = [
    ("vendor", "ix_vendor_state_name_normalised_id", &["state", "name_normalised", "id"]),
    ("service", "ix_service_vendor_id", &["vendor_id"]),
    ("assessment", "ix_assessment_state", &["state"]),
    ("assessment", "ix_assessment_vendor_id", &["vendor_id"]),
    ("assessment", "ix_assessment_service_id", &["service_id"]),
    ("finding", "ix_finding_state", &["state"]),
];

/// The few intakes whose tier somebody set lower and nobody approved yet.
const TO_APPROVE: &str = "ix_intake_to_approve";

/// The worst residual risk of each vendor as it stands when this step runs.
const FILL: &str = "UPDATE vendor SET worst_residual = COALESCE((
    SELECT MAX((SELECT CASE s.residual WHEN 'critical' THEN 4 WHEN 'high' THEN 3 WHEN 'moderate' THEN 2
            WHEN 'low' THEN 1 ELSE 0 END
        FROM score_snapshot s WHERE s.tenant_id = a.tenant_id AND s.assessment_id = a.id
        ORDER BY s.number DESC LIMIT 1))
    FROM assessment a
    WHERE a.tenant_id = vendor.tenant_id AND a.vendor_id = vendor.id
      AND a.state IN ('submitted', 'in_review', 'returned', 'decided')
      AND NOT EXISTS (SELECT 1 FROM assessment n
        WHERE n.tenant_id = a.tenant_id AND n.service_id = a.service_id
          AND n.state IN ('submitted', 'in_review', 'returned', 'decided')
          AND (n.submitted_at, n.id) > (a.submitted_at, a.id))), 0)";

async fn create(manager: &SchemaManager<'_>, indexes: &[Columns]) -> Result<(), DbErr> {
    for (table, name, columns) in indexes {
        let mut index = Index::create().name(*name).table(*table).col("tenant_id").to_owned();
        for column in *columns {
            index.col(*column);
        }
        manager.create_index(index).await?;
    }
    Ok(())
}

async fn drop(manager: &SchemaManager<'_>, indexes: &[Columns]) -> Result<(), DbErr> {
    for (table, name, _) in indexes {
        manager.drop_index(Index::drop().name(*name).table(*table).to_owned()).await?;
    }
    Ok(())
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let level =
            integer("worst_residual").default(0).check(Expr::col("worst_residual").between(0, 4)).to_owned();
        manager.alter_table(Table::alter().table("vendor").add_column(level).to_owned()).await?;
        create(manager, &NEW).await?;
        manager.get_connection().execute_unprepared(FILL).await?;
        let to_approve = Index::create()
            .name(TO_APPROVE)
            .table("intake")
            .col("tenant_id")
            .col("service_id")
            .and_where(Expr::col("override_tier").is_not_null())
            .and_where(Expr::col("override_approved_at").is_null())
            .to_owned();
        manager.create_index(to_approve).await?;
        drop(manager, &OLD).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create(manager, &OLD).await?;
        manager.drop_index(Index::drop().name(TO_APPROVE).table("intake").to_owned()).await?;
        drop(manager, &NEW).await?;
        manager.alter_table(Table::alter().table("vendor").drop_column("worst_residual").to_owned()).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
