//! Names and titles as search compares them: lower case, single spaces. Databases disagree about the lower case of
//! letters beyond ASCII, so the service writes it, and this step writes it for what is there.

use sea_orm_migration::{prelude::*, schema::*, sea_orm::prelude::Uuid};

/// The step.
#[derive(DeriveMigrationName)]
pub struct Migration;

/// Table, what people wrote, and the same as search compares it.
const COLUMNS: [(&str, &str, &str); 3] = [
    ("contact", "name", "name_normalised"),
    ("service", "name", "name_normalised"),
    ("finding", "title", "title_normalised"),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        for (table, written, compared) in COLUMNS {
            let column = text(compared).default("").take();
            manager
                .alter_table(Table::alter().table(Alias::new(table)).add_column(column).to_owned())
                .await?;
            let rows = Query::select().column("id").column(written).from(table).to_owned();
            for row in connection.query_all(&rows).await? {
                let id: Uuid = row.try_get("", "id")?;
                let text: String = row.try_get("", written)?;
                let text = text.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ");
                let update = Query::update()
                    .table(table)
                    .value(compared, text)
                    .and_where(Expr::col("id").eq(id))
                    .to_owned();
                connection.execute(&update).await?;
            }
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, _, compared) in COLUMNS {
            let column = Alias::new(compared);
            manager
                .alter_table(Table::alter().table(Alias::new(table)).drop_column(column).to_owned())
                .await?;
        }
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
