//! Rows of the filters that users keep.

use super::{
    error::StoreError,
    tenant_scope::{Scoped, count_rows},
    write_tx::WriteTx,
};
use crate::domain::{
    ids::{SavedViewId, UserId},
    saved_view::{SavedView, ViewList},
    vendor::normalised,
};
use entity::saved_view::{self, Column as C};
use sea_orm::{ColumnTrait as _, QueryFilter as _, QueryOrder as _, Select, Set, sea_query::Expr};

fn view_of(row: saved_view::Model) -> Result<SavedView, StoreError> {
    Ok(SavedView {
        list: ViewList::parse(&row.list).ok_or_else(|| StoreError::corrupt("saved_view", "list", row.id))?,
        id: SavedViewId(row.id),
        name: row.name,
        query: row.query,
    })
}

fn of_list(s: &impl Scoped, user: UserId, list: ViewList) -> Select<saved_view::Entity> {
    s.find::<saved_view::Entity>().filter(C::UserId.eq(user.0)).filter(C::List.eq(list.as_str()))
}

/// What this user keeps of a list, by name. One statement.
///
/// # Errors
/// When the database does not answer.
pub async fn views(s: &impl Scoped, user: UserId, list: ViewList) -> Result<Vec<SavedView>, StoreError> {
    let rows = of_list(s, user, list).order_by_asc(C::NameNormalised).all(s.connection()).await?;
    rows.into_iter().map(view_of).collect()
}

/// How many views this user keeps of a list.
///
/// # Errors
/// When the database does not answer.
pub async fn count(s: &impl Scoped, user: UserId, list: ViewList) -> Result<usize, StoreError> {
    count_rows(s, of_list(s, user, list)).await
}

/// One view of this user.
///
/// # Errors
/// When the database does not answer.
pub async fn view(s: &impl Scoped, user: UserId, id: SavedViewId) -> Result<Option<SavedView>, StoreError> {
    let query = s.find_id::<saved_view::Entity>(id).filter(C::UserId.eq(user.0));
    query.one(s.connection()).await?.map(view_of).transpose()
}

/// Puts name and filter of `view` in the place of this user's view of the same name, and says whether there is one.
///
/// # Errors
/// When the database cannot be written.
pub async fn replace(tx: &mut WriteTx, user: UserId, view: &SavedView) -> Result<bool, StoreError> {
    let done = tx
        .update_many::<saved_view::Entity>()
        .col_expr(C::Name, Expr::value(view.name.clone()))
        .col_expr(C::Query, Expr::value(view.query.clone()))
        .filter(C::UserId.eq(user.0))
        .filter(C::List.eq(view.list.as_str()))
        .filter(C::NameNormalised.eq(normalised(&view.name)))
        .exec(tx.connection())
        .await?;
    Ok(done.rows_affected > 0)
}

/// Inserts a view of this user.
///
/// # Errors
/// [`StoreError::Duplicate`] when the user has one of this name.
pub async fn insert(tx: &mut WriteTx, user: UserId, view: &SavedView) -> Result<(), StoreError> {
    tx.insert::<saved_view::Entity>(saved_view::ActiveModel {
        id: Set(view.id.0),
        tenant_id: Set(tx.tenant_id().0),
        user_id: Set(user.0),
        list: Set(view.list.as_str().to_owned()),
        name: Set(view.name.clone()),
        name_normalised: Set(normalised(&view.name)),
        query: Set(view.query.clone()),
    })
    .await
}

/// Deletes a view of this user.
///
/// # Errors
/// When the database cannot be written.
pub async fn delete(tx: &mut WriteTx, user: UserId, id: SavedViewId) -> Result<(), StoreError> {
    tx.delete_many::<saved_view::Entity>()
        .filter(C::Id.eq(id.0))
        .filter(C::UserId.eq(user.0))
        .exec(tx.connection())
        .await?;
    Ok(())
}
