//! Every row of a SQLite database as text: for tests that nothing has changed, and that no secret is kept in clear.

use sqlx::{AssertSqlSafe, Connection as _, Row as _, SqliteConnection, sqlite::SqliteConnectOptions};
use std::{collections::BTreeMap, str::FromStr as _};

/// The rows of each table, in order; each row with its values as SQL literals.
pub type Rows = BTreeMap<String, Vec<String>>;

/// Reads all tables of the database at `url`.
pub async fn all(url: &str) -> Rows {
    let options = SqliteConnectOptions::from_str(url).unwrap().read_only(true);
    let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
    let tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'";
    let mut rows = Rows::new();
    for table in column(&mut connection, tables.to_owned()).await {
        let names = format!("SELECT 'quote(\"' || name || '\")' FROM pragma_table_info('{table}')");
        let values = column(&mut connection, names).await.join(" || ', ' || ");
        let found = column(&mut connection, format!("SELECT {values} FROM \"{table}\" ORDER BY 1")).await;
        rows.insert(table, found);
    }
    connection.close().await.unwrap();
    rows
}

/// The first column of what a query finds.
async fn column(connection: &mut SqliteConnection, sql: String) -> Vec<String> {
    let found = sqlx::query(AssertSqlSafe(sql)).fetch_all(connection).await.unwrap();
    found.iter().map(|row| row.try_get(0).unwrap()).collect()
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
