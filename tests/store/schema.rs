//! The rules that every table follows, read from the databases themselves.

use sea_orm::{
    ColumnTrait as _, ColumnType, ConnectionTrait as _, DatabaseConnection, DbBackend, EntityTrait,
    IdenStatic as _, Iterable as _, QueryResult, Statement,
};
use std::collections::{BTreeMap, BTreeSet};
use tests::{database::TestDatabase, on_both_databases};

on_both_databases!(
    every_table_belongs_to_a_tenant,
    every_reference_carries_the_tenant,
    no_unique_index_has_a_column_that_may_be_null,
    entities_and_tables_have_the_same_columns,
);

/// Tables of the installation, which have no tenant.
const OF_THE_INSTALLATION: [&str; 4] = ["installation_setting", "rate_limit", "signing_key", "tenant"];

/// Ids that point at no table, and why.
const NO_FOREIGN_KEY: [(&str, &str, &str); 6] = [
    ("audit_event", "actor_id", "a user or a respondent, by actor_kind"),
    ("audit_event", "assessment_id", "the trail outlives what it describes"),
    ("audit_event", "record_id", "any kind of record"),
    ("audit_event", "request_id", "requests are not stored"),
    ("respondent", "invited_by", "SQLite adds no reference with the tenant to a table that exists"),
    ("email_delivery", "job_id", "finished jobs are cleared away, deliveries stay"),
];

/// Tables that belong to a tenant through another one, and that nothing points at by their id.
const THROUGH_ANOTHER: [(&str, &str); 1] = [("answer_revision", "assessment")];

/// Unique indexes over a column that may be null (two nulls never collide), and why that is meant.
const NULL_IN_UNIQUE: [(&str, &str, &str); 3] = [
    ("uq_job_id", "tenant_id", "the installation's own jobs; id alone is the primary key"),
    ("uq_job_dedup_key", "dedup_key", "none when duplicates are welcome"),
    ("uq_evidence_storage_key", "storage_key", "a link has no file"),
];

/// An index: its columns, whether it is unique, whether it covers only some rows.
#[derive(Debug, PartialEq, Eq)]
struct Index {
    columns: Vec<String>,
    unique: bool,
    partial: bool,
}

/// A table as the database describes it; names of foreign keys left out, because SQLite does not tell them.
#[derive(Debug, Default, PartialEq, Eq)]
struct Table {
    /// Whether each column may be null.
    columns: BTreeMap<String, bool>,
    primary_key: Vec<String>,
    indexes: BTreeMap<String, Index>,
    /// Own columns, the other table, its columns.
    references: BTreeSet<(String, String, String)>,
    checks: i64,
}

/// A whole schema; equal on both databases.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Schema(BTreeMap<String, Table>);

impl Schema {
    /// Reads it from the database.
    pub async fn of(connection: &DatabaseConnection) -> Self {
        let backend = connection.get_database_backend();
        let queries = if backend == DbBackend::Sqlite { &SQLITE } else { &POSTGRES };
        let rows =
            async |sql: &str| connection.query_all_raw(Statement::from_string(backend, sql)).await.unwrap();
        let text = |row: &QueryResult, n: usize| row.try_get_by_index::<String>(n).unwrap();
        let flag = |row: &QueryResult, n: usize| row.try_get_by_index::<i32>(n).unwrap() == 1;
        let list = |row: &QueryResult, n: usize| text(row, n).split(',').map(str::to_owned).collect();
        let mut tables: BTreeMap<String, Table> = BTreeMap::new();
        for row in rows(queries.columns).await {
            let table = tables.entry(text(&row, 0)).or_default();
            table.columns.insert(text(&row, 1), flag(&row, 2));
        }
        for row in rows(queries.primary_keys).await {
            tables.get_mut(&text(&row, 0)).unwrap().primary_key = list(&row, 1);
        }
        for row in rows(queries.indexes).await {
            let index = Index { columns: list(&row, 2), unique: flag(&row, 3), partial: flag(&row, 4) };
            tables.get_mut(&text(&row, 0)).unwrap().indexes.insert(text(&row, 1), index);
        }
        for row in rows(queries.references).await {
            let reference = (text(&row, 1), text(&row, 2), text(&row, 3));
            tables.get_mut(&text(&row, 0)).unwrap().references.insert(reference);
        }
        for row in rows(queries.checks).await {
            tables.get_mut(&text(&row, 0)).unwrap().checks = row.try_get_by_index(1).unwrap();
        }
        Self(tables)
    }

    async fn at(database: &TestDatabase) -> Self {
        Self::of(&sea_orm::Database::connect(database.url()).await.unwrap()).await
    }

    fn of_tenants(&self) -> impl Iterator<Item = (&str, &Table)> {
        let tables = self.0.iter().map(|(name, table)| (name.as_str(), table));
        tables.filter(|(name, _)| !OF_THE_INSTALLATION.contains(name))
    }
}

struct Queries {
    columns: &'static str,
    primary_keys: &'static str,
    indexes: &'static str,
    references: &'static str,
    checks: &'static str,
}

const SQLITE: Queries = Queries {
    columns: r#"SELECT t.name, c.name, CAST(c."notnull" = 0 AS INTEGER)
        FROM sqlite_master t, pragma_table_info(t.name) c
        WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite%' AND t.name <> 'seaql_migrations'"#,
    primary_keys: r#"SELECT t.name, group_concat(c.name ORDER BY c.pk)
        FROM sqlite_master t, pragma_table_info(t.name) c
        WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite%' AND t.name <> 'seaql_migrations' AND c.pk > 0
        GROUP BY 1"#,
    indexes: r#"SELECT t.name, i.name, group_concat(c.name ORDER BY c.seqno), i."unique", i.partial
        FROM sqlite_master t, pragma_index_list(t.name) i, pragma_index_info(i.name) c
        WHERE t.type = 'table' AND t.name <> 'seaql_migrations' AND i.origin = 'c' GROUP BY t.name, i.name"#,
    references: r#"SELECT t.name, group_concat(f."from" ORDER BY f.seq), f."table",
            group_concat(f."to" ORDER BY f.seq)
        FROM sqlite_master t, pragma_foreign_key_list(t.name) f WHERE t.type = 'table' GROUP BY t.name, f.id"#,
    checks: r#"SELECT name, (length(sql) - length(replace(sql, 'CHECK', ''))) / 5 FROM sqlite_master
        WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name <> 'seaql_migrations'"#,
};

const POSTGRES: Queries = Queries {
    columns: "SELECT c.relname::text, a.attname::text, (NOT a.attnotnull)::int FROM pg_class c
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND c.relname <> 'seaql_migrations'",
    primary_keys: "SELECT c.relname::text, string_agg(a.attname, ',' ORDER BY k.n) FROM pg_index i
        JOIN pg_class c ON c.oid = i.indrelid AND c.relnamespace = 'public'::regnamespace
            AND c.relname <> 'seaql_migrations'
        CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY k(attnum, n)
        JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum WHERE i.indisprimary GROUP BY 1",
    indexes: "SELECT c.relname::text, x.relname::text, string_agg(a.attname, ',' ORDER BY k.n),
            i.indisunique::int, (i.indpred IS NOT NULL)::int
        FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid AND c.relnamespace = 'public'::regnamespace
        JOIN pg_class x ON x.oid = i.indexrelid
        CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY k(attnum, n)
        JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
        WHERE NOT i.indisprimary GROUP BY 1, 2, 4, 5",
    references: "SELECT c.relname::text, string_agg(a.attname, ',' ORDER BY k.n),
            d.relname::text, string_agg(b.attname, ',' ORDER BY k.n)
        FROM pg_constraint f
        JOIN pg_class c ON c.oid = f.conrelid
        JOIN pg_class d ON d.oid = f.confrelid
        CROSS JOIN LATERAL unnest(f.conkey, f.confkey) WITH ORDINALITY k(own, other, n)
        JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = k.own
        JOIN pg_attribute b ON b.attrelid = f.confrelid AND b.attnum = k.other
        WHERE f.contype = 'f' GROUP BY f.oid, c.relname, d.relname",
    checks: "SELECT c.relname::text, count(*) FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
        WHERE k.contype = 'c' AND k.connamespace = 'public'::regnamespace GROUP BY 1",
};

#[tokio::test]
async fn both_databases_have_the_same_schema() {
    let Some(postgres) = TestDatabase::postgres().await else { return };
    let sqlite = TestDatabase::sqlite().await;
    let (sqlite, postgres) = (Schema::at(&sqlite).await, Schema::at(&postgres).await);
    assert!(sqlite.0.len() > 30);
    assert_eq!(sqlite.0.keys().collect::<Vec<_>>(), postgres.0.keys().collect::<Vec<_>>());
    for (name, table) in &sqlite.0 {
        assert_eq!(Some(table), postgres.0.get(name), "{name}: SQLite, PostgreSQL");
    }
}

async fn every_table_belongs_to_a_tenant(at: TestDatabase) {
    let schema = Schema::at(&at).await;
    for name in OF_THE_INSTALLATION {
        assert!(!schema.0[name].columns.contains_key("tenant_id"), "{name} is not of the installation");
    }
    for (name, table) in schema.of_tenants() {
        let may_be_null = table.columns.get("tenant_id").unwrap_or_else(|| panic!("{name} has no tenant_id"));
        assert_eq!(*may_be_null, name == "job", "{name}: only jobs may be the installation's own");
        assert_eq!(table.primary_key, ["id"], "{name}");
        if let Some((_, other)) = THROUGH_ANOTHER.iter().find(|(own, _)| *own == name) {
            let (own, columns) = (format!("tenant_id,{other}_id"), "tenant_id,id".to_owned());
            assert!(table.references.contains(&(own, (*other).to_owned(), columns)), "{name} -> {other}");
            continue;
        }
        let pair = table.indexes.values().find(|index| index.columns == ["tenant_id", "id"]);
        let pair = pair.is_some_and(|index| index.unique && !index.partial);
        assert!(pair, "{name} lacks unique (tenant_id, id)");
        let tenant = ("tenant_id".to_owned(), "tenant".to_owned(), "id".to_owned());
        assert!(table.references.contains(&tenant), "{name}.tenant_id is no foreign key");
    }
}

async fn every_reference_carries_the_tenant(at: TestDatabase) {
    let schema = Schema::at(&at).await;
    for (name, table) in schema.of_tenants() {
        for (own, other, columns) in table.references.iter().filter(|(_, other, _)| other != "tenant") {
            let of_tenant = own.starts_with("tenant_id,") && columns == "tenant_id,id";
            assert!(of_tenant, "{name} ({own}) -> {other} ({columns}) could point at another tenant's row");
        }
    }
    for (table, columns) in entities() {
        for column in columns.ids.iter().filter(|column| *column != "id" && *column != "tenant_id") {
            let pair = format!("tenant_id,{column}");
            let points = schema.0[&table].references.iter().any(|(own, ..)| *own == pair);
            let reasoned =
                NO_FOREIGN_KEY.iter().any(|(t, c, _)| (*t, *c) == (table.as_str(), column.as_str()));
            assert!(points != reasoned, "{table}.{column}: either a foreign key or a reason for having none");
        }
    }
}

async fn no_unique_index_has_a_column_that_may_be_null(at: TestDatabase) {
    let mut found = BTreeSet::new();
    for table in Schema::at(&at).await.0.values() {
        for (name, index) in table.indexes.iter().filter(|(_, index)| index.unique) {
            let nullable = index.columns.iter().filter(|column| table.columns[*column]);
            found.extend(nullable.map(|column| (name.clone(), column.clone())));
        }
    }
    let reasoned =
        NULL_IN_UNIQUE.iter().map(|(index, column, _)| ((*index).to_owned(), (*column).to_owned()));
    assert_eq!(found, reasoned.collect());
}

/// What an entity says about its columns.
struct Columns {
    may_be_null: BTreeMap<String, bool>,
    ids: Vec<String>,
}

fn columns_of<E: EntityTrait>() -> (String, Columns) {
    let name = |column: &E::Column| column.as_str().to_owned();
    let ids = E::Column::iter().filter(|column| *column.def().get_column_type() == ColumnType::Uuid);
    let columns = Columns {
        may_be_null: E::Column::iter().map(|column| (name(&column), column.def().is_null())).collect(),
        ids: ids.map(|column| name(&column)).collect(),
    };
    (E::default().table_name().to_owned(), columns)
}

macro_rules! every {
    ($($entity:ident),+ $(,)?) => { vec![$(columns_of::<entity::$entity::Entity>()),+] };
}

fn entities() -> Vec<(String, Columns)> {
    every![
        action,
        answer,
        answer_revision,
        assessment,
        assessment_control_set,
        assessment_questionnaire,
        audit_event,
        browser_binding,
        clarification,
        contact,
        control_set_version,
        decision,
        email_delivery,
        evidence,
        evidence_citation,
        finding,
        idempotency_record,
        installation_setting,
        intake,
        invitation,
        job,
        link_secret,
        login_session,
        one_time_code,
        portal_session,
        questionnaire_version,
        rate_limit,
        reassessment,
        reliance,
        respondent,
        review_verdict,
        risk_acceptance,
        saved_view,
        score_result,
        score_snapshot,
        section_state,
        service,
        signing_key,
        submission,
        tenant,
        user_account,
        user_link,
        vendor,
    ]
}

async fn entities_and_tables_have_the_same_columns(at: TestDatabase) {
    let schema = Schema::at(&at).await;
    let entities: BTreeMap<String, Columns> = entities().into_iter().collect();
    assert_eq!(entities.keys().collect::<Vec<_>>(), schema.0.keys().collect::<Vec<_>>(), "entities, tables");
    for (name, columns) in entities {
        assert_eq!(columns.may_be_null, schema.0[&name].columns, "{name}: entity, table");
    }
}
