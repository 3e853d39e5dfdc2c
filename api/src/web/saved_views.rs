//! Filters of lists that a person keeps: what stands above a list, and the acts of saving and removing.

use super::{
    Answer,
    acts::act_page,
    assessments, findings,
    form::{self, CsrfForm, Fields},
    guard::Staff,
    page::{see_other, staff_shell},
    problem::Problem,
    routes::{Access, routes},
    vendors,
};
use crate::{
    domain::{Permission, ids::SavedViewId, saved_view::ViewList},
    render::{
        Renderer,
        fields::FieldView,
        page::Section,
        parts::{Link, NavItem},
        procurement::{ActView, Hidden},
        saved_views::{SaveView, SavedViewsView, ShownView},
    },
    usecases::{UseCaseError, saved_views},
};
use actix_web::web::{Data, Path};

routes! {
    POST "/views" => save, Access::Staff(Permission::Read), Page, ["list", "name", "query"];
    POST "/views/{view}/remove" => remove, Access::Staff(Permission::Read), Page;
}

/// The address of a list.
const fn path(list: ViewList) -> &'static str {
    match list {
        ViewList::Vendors => "/vendors",
        ViewList::Assessments => "/assessments",
        ViewList::Findings => "/findings",
    }
}

fn address(list: ViewList, query: &str) -> String {
    if query.is_empty() { path(list).to_owned() } else { format!("{}?{query}", path(list)) }
}

/// The filter that these parameters set, as an address has it after the question mark: read by the list's own parser,
/// so that nothing else and nothing unknown is in it.
fn filter_of(list: ViewList, fields: &Fields) -> String {
    let address = match list {
        ViewList::Vendors => vendors::address(&vendors::filter_of(fields)),
        ViewList::Assessments => assessments::address(&assessments::filter_of(fields)),
        ViewList::Findings => {
            let filter = findings::filter_of(fields);
            findings::address("/findings", &filter, filter.urgency)
        }
    };
    address.split_once('?').map(|(_, query)| query.to_owned()).unwrap_or_default()
}

/// What stands above a list that is shown with these parameters. One statement.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn above(staff: &Staff, list: ViewList, fields: &Fields) -> Result<SavedViewsView, Problem> {
    let query = filter_of(list, fields);
    let views = saved_views::of_list(&staff.ctx, list).await?;
    let shown = views.iter().find(|view| view.query == query);
    let save = (!query.is_empty() && shown.is_none())
        .then(|| SaveView { list: list.as_str(), query: query.clone() });
    let all = NavItem::new("All", path(list)).current(query.is_empty());
    let own = views
        .iter()
        .map(|view| NavItem::new(view.name.clone(), address(list, &view.query)).current(view.query == query));
    Ok(SavedViewsView {
        chips: if views.is_empty() { Vec::new() } else { [all].into_iter().chain(own).collect() },
        shown: shown
            .map(|view| ShownView { remove: format!("/views/{}/remove", view.id), name: view.name.clone() }),
        save,
    })
}

async fn save(staff: Staff, renderer: Data<Renderer>, CsrfForm(form): CsrfForm) -> Answer {
    let Some(list) = ViewList::parse(form.text("list")) else {
        return Err(
            UseCaseError::field("list", "invalid", "Views are of vendors, assessments or findings").into()
        );
    };
    let typed = form::decode(form.text("query").as_bytes()).unwrap_or_default();
    let query = filter_of(list, &typed);
    match saved_views::save(&staff.ctx, list, form.text("name"), &query).await {
        Ok(()) => Ok(see_other(&address(list, &query))),
        Err(UseCaseError::Invalid(errors)) => {
            let (section, label) = match list {
                ViewList::Vendors => (Section::Vendors, "Vendors"),
                ViewList::Assessments => (Section::Assessments, "Assessments"),
                ViewList::Findings => (Section::Findings, "Findings"),
            };
            let shell = staff_shell(&staff, "Save this view", Some(section)).crumb(label, path(list));
            let mut view = ActView::new("/views", "Save", Link::new("Cancel", address(list, &query)));
            view.hidden = vec![Hidden::new("list", list.as_str()), Hidden::new("query", query)];
            view.fields = vec![FieldView::text("name", "Name").value(form.text("name")).maxlength(40)];
            act_page(&renderer, shell, view, &errors)
        }
        Err(other) => Err(other.into()),
    }
}

async fn remove(staff: Staff, id: Path<SavedViewId>, _: CsrfForm) -> Answer {
    let list = saved_views::remove(&staff.ctx, *id).await?;
    Ok(see_other(path(list)))
}
