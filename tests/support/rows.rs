//! Every row of a database as text: for tests that nothing has changed, and that no secret is kept in clear.

use sea_orm::{ConnectionTrait as _, Database, DatabaseConnection, DbBackend, Statement};
use std::collections::BTreeMap;

/// The rows of each table, in order; each row with its values as text, bytes in hexadecimal.
pub type Rows = BTreeMap<String, Vec<String>>;

/// Reads all tables of the database at `url`.
pub async fn all(url: &str) -> Rows {
    let database = Database::connect(url).await.unwrap();
    let tables = match database.get_database_backend() {
        DbBackend::Postgres => "SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema()",
        _ => "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
    };
    let mut rows = Rows::new();
    for table in column(&database, tables.to_owned()).await {
        let values = match database.get_database_backend() {
            DbBackend::Postgres => format!("\"{table}\"::text"),
            _ => {
                let names = format!("SELECT 'quote(\"' || name || '\")' FROM pragma_table_info('{table}')");
                column(&database, names).await.join(" || ', ' || ")
            }
        };
        let found = column(&database, format!("SELECT {values} FROM \"{table}\" ORDER BY 1")).await;
        rows.insert(table, found);
    }
    database.close().await.unwrap();
    rows
}

/// The first column of what a query finds.
async fn column(database: &DatabaseConnection, sql: String) -> Vec<String> {
    let statement = Statement::from_string(database.get_database_backend(), sql);
    let found = database.query_all_raw(statement).await.unwrap();
    found.iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
}

/// The tables whose rows differ, with how many rows are new or gone.
#[must_use]
pub fn differences(before: &Rows, after: &Rows) -> Vec<String> {
    let changed = |(table, rows): (&String, &Vec<String>)| {
        let earlier = before.get(table).map_or(&[][..], Vec::as_slice);
        let new: Vec<_> = rows.iter().filter(|row| !earlier.contains(row)).collect();
        let gone = earlier.iter().filter(|row| !rows.contains(row)).count();
        (!new.is_empty() || gone > 0).then(|| format!("{table}: {gone} rows gone, new {new:?}"))
    };
    after.iter().filter_map(changed).collect()
}
