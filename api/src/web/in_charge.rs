//! Owner and reviewer of an assessment that was sent, to be changed when somebody else takes over.

use super::{
    Answer,
    acts::act_page,
    assessments::own_shell,
    form::{CsrfForm, Fields},
    guard::Staff,
    page::see_other,
    routes::{Access, routes},
    sending::in_charge_fields,
};
use crate::{
    domain::{Permission, ids::AssessmentId},
    render::{
        Renderer,
        parts::Link,
        procurement::{ActView, Hidden},
    },
    usecases::{FieldError, UseCaseError, assessments},
};
use actix_web::web::{Data, Path};

routes! {
    GET "/assessments/{assessment}/owner" => page, Access::Staff(Permission::SendAssessments), Page;
    POST "/assessments/{assessment}/owner" => change, Access::Staff(Permission::SendAssessments), Page, ["version", "owner", "reviewer"];
}

const TITLE: &str = "Change owner and reviewer";

async fn form(
    staff: &Staff,
    renderer: &Renderer,
    id: AssessmentId,
    typed: Option<&Fields>,
    errors: &[FieldError],
) -> Answer {
    let (assessment, active) = assessments::in_charge(&staff.ctx, id).await?;
    let text = |name: &str, now: String| typed.map_or(now, |form| form.text(name).to_owned());
    let owner = text("owner", assessment.owner_id.to_string());
    let reviewer = text("reviewer", assessment.reviewer_id.to_string());
    let back = Link::new("Keep it as it is", format!("/assessments/{id}"));
    let mut act = ActView::new(format!("/assessments/{id}/owner"), TITLE, back);
    act.lede = Some("What happens from now on is told to them.".to_owned());
    let version = typed.and_then(|form| form.parsed("version")).unwrap_or(assessment.version);
    act.hidden = vec![Hidden::new("version", version)];
    act.fields = in_charge_fields(&active, &owner, &reviewer).into();
    act_page(renderer, own_shell(staff, &assessment, TITLE), act, errors)
}

async fn page(staff: Staff, renderer: Data<Renderer>, id: Path<AssessmentId>) -> Answer {
    form(&staff, &renderer, *id, None, &[]).await
}

async fn change(
    staff: Staff,
    renderer: Data<Renderer>,
    id: Path<AssessmentId>,
    CsrfForm(typed): CsrfForm,
) -> Answer {
    let version = typed.revision("version")?;
    let (owner, reviewer) = (typed.text("owner"), typed.text("reviewer"));
    match assessments::put_in_charge(&staff.ctx, *id, version, owner, reviewer).await {
        Ok(()) => Ok(see_other(&format!("/assessments/{id}"))),
        Err(UseCaseError::Invalid(errors)) => form(&staff, &renderer, *id, Some(&typed), &errors).await,
        Err(other) => Err(other.into()),
    }
}
