//! What is the latest, as parts of queries on assessments: of a service, the assessment that was handed in last; of an
//! assessment, its newest snapshot.

use crate::domain::assessment::AssessmentState;
use entity::{assessment, score_snapshot};
use sea_orm::sea_query::{Expr, ExprTrait as _, Order, Query};

/// Whether an assessment is the latest of its service that was handed in.
pub(super) fn latest_handed_in() -> Expr {
    use assessment::{Column as A, Entity as Assessment};
    const NEWER: &str = "newer";
    let own = |column: A| Expr::col((Assessment, column));
    let newer = |column: A| Expr::col((NEWER, column));
    let handed_in = || AssessmentState::ALL.iter().filter(|state| state.was_submitted());
    let handed_in = || handed_in().map(|state| state.as_str());
    // As a pair, so that an index leads to what is newer without a look at what is not.
    let pair = |submitted_at: Expr, id: Expr| Expr::tuple([submitted_at, id]);
    let later = Query::select()
        .expr(Expr::val(1))
        .from_as(Assessment, NEWER)
        .and_where(newer(A::TenantId).eq(own(A::TenantId)))
        .and_where(newer(A::ServiceId).eq(own(A::ServiceId)))
        .and_where(newer(A::State).is_in(handed_in()))
        .and_where(pair(newer(A::SubmittedAt), newer(A::Id)).gt(pair(own(A::SubmittedAt), own(A::Id))))
        .to_owned();
    own(A::State).is_in(handed_in()).and(Expr::exists(later).not())
}

/// The residual risk in the newest snapshot of an assessment, as a value in a query of assessments.
pub(super) fn newest_residual() -> Expr {
    of_newest(Expr::col((score_snapshot::Entity, score_snapshot::Column::Residual)))
}

/// Something of the newest snapshot of an assessment, as a value in a query of assessments.
pub(super) fn of_newest(value: Expr) -> Expr {
    use score_snapshot::{Column as S, Entity as Snapshot};
    let newest = Query::select()
        .expr(value)
        .from(Snapshot)
        .and_where(
            Expr::col((Snapshot, S::TenantId)).equals((assessment::Entity, assessment::Column::TenantId)),
        )
        .and_where(
            Expr::col((Snapshot, S::AssessmentId)).equals((assessment::Entity, assessment::Column::Id)),
        )
        .order_by((Snapshot, S::Number), Order::Desc)
        .limit(1)
        .to_owned();
    newest.into()
}
