//! Tables that are the same on SQLite and PostgreSQL.
//!
//! [`NewTable`] gives every table of a tenant what the schema rules ask for: `id`, `tenant_id`, a unique pair of the
//! two, and composite foreign keys. Names are systematic, because the store recognises a violated constraint by its
//! name: `uq_<table>_<columns without tenant_id>`, `fk_<table>_<column>`, `ix_<table>_<columns>`. PostgreSQL cuts
//! names at 63 bytes, so keep them shorter.

use sea_orm_migration::{prelude::*, schema::*, sea_orm::prelude::Uuid};

/// A table to be created, with its indexes.
pub struct NewTable {
    name: &'static str,
    table: TableCreateStatement,
    indexes: Vec<IndexCreateStatement>,
}

impl NewTable {
    fn named(name: &'static str) -> Self {
        Self { name, table: Table::create().table(name).to_owned(), indexes: Vec::new() }
    }

    /// A table of the installation, keyed by a UUID.
    pub fn with_id(name: &'static str) -> Self {
        Self::named(name).column(uuid("id").primary_key().take())
    }

    /// A table of the installation, keyed by a text column.
    pub fn keyed_by(name: &'static str, key: &'static str) -> Self {
        Self::named(name).column(text(key).primary_key().take())
    }

    /// A table whose rows all belong to a tenant.
    pub fn tenant_owned(name: &'static str) -> Self {
        Self::with_id(name).column(uuid("tenant_id")).belonging_to_tenant()
    }

    /// A table whose rows belong to a tenant through another one that they point at, and that nothing points at.
    pub fn owned_through_another(name: &'static str) -> Self {
        Self::with_id(name).column(uuid("tenant_id"))
    }

    /// A table whose rows belong to a tenant or, with none, to the installation itself.
    pub fn of_tenant_or_installation(name: &'static str) -> Self {
        Self::with_id(name).column(uuid_null("tenant_id")).belonging_to_tenant()
    }

    fn belonging_to_tenant(mut self) -> Self {
        let key = format!("fk_{}_tenant_id", self.name);
        self.table
            .foreign_key(ForeignKey::create().name(key).from(self.name, "tenant_id").to("tenant", "id"));
        self.unique(&["id"])
    }

    /// Adds a column.
    pub fn column(mut self, column: ColumnDef) -> Self {
        self.table.col(column);
        self
    }

    /// Adds a number that is never below `least`. For truths that hold for ever: SQLite cannot drop a check.
    pub fn at_least(self, least: i32, mut column: ColumnDef) -> Self {
        let check = Expr::col(column.get_column_name()).gte(least);
        self.column(column.check(check).take())
    }

    /// Adds the version that guards against two people saving at once.
    pub fn version(self) -> Self {
        self.at_least(1, big_integer("version").default(1).take())
    }

    /// Adds a column that names a row of another table of the same tenant.
    pub fn reference(self, column: &'static str, table: &'static str) -> Self {
        self.column(uuid(column)).pointing_at(column, table)
    }

    /// Like [`Self::reference`], but may be empty.
    pub fn optional_reference(self, column: &'static str, table: &'static str) -> Self {
        self.column(uuid_null(column)).pointing_at(column, table)
    }

    fn pointing_at(mut self, column: &'static str, table: &'static str) -> Self {
        let key = format!("fk_{}_{column}", self.name);
        self.table.foreign_key(
            ForeignKey::create()
                .name(key)
                .from(self.name, ("tenant_id", column))
                .to(table, ("tenant_id", "id")),
        );
        self
    }

    /// No two rows of a tenant agree in all these columns.
    pub fn unique(mut self, columns: &[&'static str]) -> Self {
        self.indexes.push(self.index_over("uq", columns, true).unique().to_owned());
        self
    }

    /// No two rows of the whole installation agree in this column.
    pub fn unique_in_installation(mut self, column: &'static str) -> Self {
        self.indexes.push(self.index_over("uq", &[column], false).unique().to_owned());
        self
    }

    /// No two jobs that still wait or run agree in this column.
    pub fn unique_while_open(mut self, column: &'static str) -> Self {
        let open = Expr::col("state").is_in(["ready", "leased"]);
        self.indexes.push(self.index_over("uq", &[column], false).unique().and_where(open).to_owned());
        self
    }

    /// Makes a tenant's rows quick to find by these columns.
    pub fn index(mut self, columns: &[&'static str]) -> Self {
        self.indexes.push(self.index_over("ix", columns, true));
        self
    }

    /// Makes rows of the whole installation quick to find by these columns.
    pub fn installation_index(mut self, columns: &[&'static str]) -> Self {
        self.indexes.push(self.index_over("ix", columns, false));
        self
    }

    fn index_over(&self, prefix: &str, columns: &[&'static str], of_tenant: bool) -> IndexCreateStatement {
        let mut index = Index::create();
        index.name(format!("{prefix}_{}_{}", self.name, columns.join("_"))).table(self.name);
        if of_tenant {
            index.col("tenant_id");
        }
        for column in columns {
            index.col(*column);
        }
        index
    }

    /// Creates the table and its indexes.
    ///
    /// # Errors
    /// What the database says.
    pub async fn create(self, manager: &SchemaManager<'_>) -> Result<(), DbErr> {
        manager.create_table(self.table).await?;
        for index in self.indexes {
            manager.create_index(index).await?;
        }
        Ok(())
    }
}

/// Drops tables, in the order given: a table before those it points at.
///
/// # Errors
/// What the database says.
pub async fn drop_tables(manager: &SchemaManager<'_>, names: &[&'static str]) -> Result<(), DbErr> {
    for name in names {
        manager.drop_table(Table::drop().table(*name).to_owned()).await?;
    }
    Ok(())
}

/// Adds a column with what another one says, as search compares it: lower case, single spaces. Databases disagree about
/// the lower case of letters beyond ASCII, so the service writes it, and this writes it for the rows that are there.
pub async fn add_compared(
    manager: &SchemaManager<'_>,
    table: &'static str,
    written: &'static str,
    compared: &'static str,
) -> Result<(), DbErr> {
    let connection = manager.get_connection();
    let column = text(compared).default("").take();
    manager.alter_table(Table::alter().table(Alias::new(table)).add_column(column).to_owned()).await?;
    let rows = Query::select().column("id").column(written).from(table).to_owned();
    for row in connection.query_all(&rows).await? {
        let id: Uuid = row.try_get("", "id")?;
        let text: String = row.try_get("", written)?;
        let text = text.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ");
        let update =
            Query::update().table(table).value(compared, text).and_where(Expr::col("id").eq(id)).to_owned();
        connection.execute(&update).await?;
    }
    Ok(())
}

/// Takes a column away.
pub async fn drop_column(
    manager: &SchemaManager<'_>,
    table: &'static str,
    column: &'static str,
) -> Result<(), DbErr> {
    let column = Alias::new(column);
    manager.alter_table(Table::alter().table(Alias::new(table)).drop_column(column).to_owned()).await
}
