//! Filters of lists that a person keeps under a name, for themselves alone.

use super::{Ctx, Result, UseCaseError, error::Faults};
use crate::{
    domain::{
        Permission,
        ids::SavedViewId,
        saved_view::{SavedView, ViewList},
    },
    store::{StoreError, saved_views as rows},
};

/// The most views of a list that a user keeps.
pub const MOST: usize = 20;
/// The most characters of a name.
pub const NAME: usize = 40;
/// The most bytes of a filter.
const QUERY: usize = 500;

const PREFERENCE: &str = "which filters a person keeps changes nothing for anybody else";

/// What the signed-in user keeps of a list, by name. One statement.
///
/// # Errors
/// [`UseCaseError::Forbidden`] without the right to read.
pub async fn of_list(ctx: &Ctx, list: ViewList) -> Result<Vec<SavedView>> {
    ctx.require(Permission::Read)?;
    Ok(rows::views(ctx.scope(), ctx.user().id, list).await?)
}

/// Keeps a filter, given as the part of an address after the question mark; a view of the same name is replaced.
///
/// # Errors
/// [`UseCaseError::Invalid`] with every fault, a name too long and a list of [`MOST`] views among them.
pub async fn save(ctx: &Ctx, list: ViewList, name: &str, query: &str) -> Result<()> {
    ctx.require(Permission::Read)?;
    let mut faults = Faults::default();
    let name = faults.one_line("name", "a name for the view", name, NAME);
    if query.is_empty() {
        faults.add("query", "missing", "Choose a filter before you save it as a view");
    }
    if query.len() > QUERY {
        faults.add("query", "too_long", "This filter is too long to save; look for fewer words");
    }
    faults.finish()?;
    let view = SavedView { id: ctx.id(), list, name, query: query.to_owned() };
    let user = ctx.user().id;
    let mut tx = ctx.begin_write().await?;
    if !rows::replace(&mut tx, user, &view).await? {
        if rows::count(&tx, user, list).await? >= MOST {
            let fault = format!("You keep {MOST} views of this list. Remove one before you save another");
            return Err(UseCaseError::field("name", "too_many", fault));
        }
        match rows::insert(&mut tx, user, &view).await {
            Err(StoreError::Duplicate(_)) => {
                return Err(UseCaseError::conflict("A view of this name was saved just now."));
            }
            other => other?,
        }
    }
    Ok(tx.commit_unaudited(PREFERENCE).await?)
}

/// Forgets a view of the signed-in user; gives the list that it was of.
///
/// # Errors
/// [`UseCaseError::NotFound`] when the user keeps no such view.
pub async fn remove(ctx: &Ctx, id: SavedViewId) -> Result<ViewList> {
    ctx.require(Permission::Read)?;
    let user = ctx.user().id;
    let mut tx = ctx.begin_write().await?;
    let view = rows::view(&tx, user, id).await?.ok_or(UseCaseError::NotFound)?;
    rows::delete(&mut tx, user, id).await?;
    tx.commit_unaudited(PREFERENCE).await?;
    Ok(view.list)
}
