//! The worst residual risk of a vendor, kept with the vendor: lists and the start page count and sort by it without a
//! look at any assessment. It follows from the newest snapshots of its services' latest assessments, and whatever
//! changes one of those in the store calls [`keep_worst`] in the same transaction.

use super::{
    error::StoreError,
    latest::{latest_handed_in, of_newest},
    tenant_scope::Scoped as _,
    write_tx::WriteTx,
};
use crate::domain::ids::AssessmentId;
use entity::{assessment, score_snapshot, vendor};
use questionnaires::risk::residual::ResidualLevel;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait as _, DbBackend, QueryFilter as _, QuerySelect as _, QueryTrait as _,
    sea_query::{CaseStatement, Expr, ExprTrait as _, Func, LockType},
};
use uuid::Uuid;

/// Where a residual risk stands, from 1, low, to 4, critical; 0 for any other word.
#[must_use]
pub fn level(word: &str) -> usize {
    ResidualLevel::ALL.iter().position(|known| known.as_str() == word).map_or(0, |at| at + 1)
}

/// The word of a level; none for 0.
pub(super) fn word(level: i32) -> Option<&'static str> {
    usize::try_from(level - 1).ok().and_then(|at| ResidualLevel::ALL.get(at)).map(|level| level.as_str())
}

/// Writes down the worst residual risk of the vendor of this assessment. Two statements on PostgreSQL, else one.
///
/// # Errors
/// When the database cannot be written.
pub(super) async fn keep_worst(tx: &mut WriteTx, id: AssessmentId) -> Result<(), StoreError> {
    let its_vendor =
        tx.find_id::<assessment::Entity>(id).select_only().column(assessment::Column::VendorId).into_query();
    if tx.connection().get_database_backend() == DbBackend::Postgres {
        // Who changes two assessments of a vendor at once waits here, and sees then what the other has done.
        let locked = tx
            .find::<vendor::Entity>()
            .filter(vendor::Column::Id.in_subquery(its_vendor.clone()))
            .select_only()
            .column(vendor::Column::Id)
            .lock(LockType::NoKeyUpdate);
        let _vendor: Option<Uuid> = locked.into_tuple().one(tx.connection()).await?;
    }
    let residual = || Expr::col((score_snapshot::Entity, score_snapshot::Column::Residual));
    let levels = ResidualLevel::ALL.iter().fold(CaseStatement::new(), |case, known| {
        case.case(residual().eq(known.as_str()), level(known.as_str()) as i32)
    });
    let worst = tx
        .find::<assessment::Entity>()
        .filter(
            Expr::col((assessment::Entity, assessment::Column::VendorId))
                .equals((vendor::Entity, vendor::Column::Id)),
        )
        .filter(latest_handed_in())
        .select_only()
        .expr(Func::max(of_newest(levels.finally(0).into())))
        .into_query();
    tx.update_many::<vendor::Entity>()
        .col_expr(vendor::Column::WorstResidual, Func::coalesce([worst.into(), Expr::val(0)]).into())
        .filter(vendor::Column::Id.in_subquery(its_vendor))
        .exec(tx.connection())
        .await?;
    Ok(())
}
