//! Small pure helpers for templates. Numbers, dates and words are made in the view structs, not here.
//!
//! Beside handlebars' own (`if`, `unless`, `each`, `with`, `eq`, `ne`, `gt`, `lt`, `and`, `or`, `not`, `len`, `lookup`):
//! `plural` and `concat` everywhere; `within` and `content`, `part`, `scroll`, `html`, `asset`, `icon`, `pips`, `band`,
//! `cell` and `vendor_rows` in HTML.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;

use handlebars::{
    Context, Handlebars, Helper, HelperDef, HelperResult, JsonValue as Json, Output, PathAndJson,
    RenderContext, RenderError, RenderErrorReason, Renderable as _, StringOutput, handlebars_helper,
};

use super::Assets;

handlebars_helper!(plural: |n: u64, one: str, many: str| format!("{n} {}", if n == 1 { one } else { many }));

pub(super) fn register(registry: &mut Handlebars<'static>) {
    registry.register_helper("plural", Box::new(plural));
    registry.register_helper("concat", Box::new(concat));
}

pub(super) fn register_html(registry: &mut Handlebars<'static>, assets: &Arc<Assets>) {
    let hrefs = assets.iter().map(|asset| (asset.name.clone(), asset.href.clone())).collect();
    registry.register_helper("within", Box::new(Within));
    registry.register_helper("content", Box::new(content));
    registry.register_helper("part", Box::new(Part));
    registry.register_helper("scroll", Box::new(Scroll));
    registry.register_helper("html", Box::new(html));
    registry.register_helper("asset", Box::new(AssetHref(hrefs)));
    let sprite = assets.named("icons.svg");
    let names = sprite.map(|s| symbols(&String::from_utf8_lossy(&s.bytes))).unwrap_or_default();
    let href = sprite.map(|s| s.href.clone()).unwrap_or_default();
    registry.register_helper("icon", Box::new(Icon { href: href.clone(), names, class: "i" }));
    let drawn: [(_, Draw); 4] =
        [("pips", glyph), ("band", band), ("cell", cell), ("vendor_rows", vendor_rows)];
    for (name, draw) in drawn {
        registry.register_helper(name, Box::new(Drawn { name, sprite: href.clone(), draw }));
    }
}

/// `{{concat "a" b "c"}}` joins its parameters.
fn concat(
    helper: &Helper<'_>,
    _: &Handlebars<'_>,
    _: &Context,
    _: &mut RenderContext<'_, '_>,
    out: &mut dyn Output,
) -> HelperResult {
    for param in helper.params() {
        match param.value() {
            serde_json::Value::String(text) => out.write(text)?,
            other => out.write(&other.to_string())?,
        }
    }
    Ok(())
}

fn first_str<'a>(helper: &'a Helper<'_>, name: &'static str) -> Result<&'a str, RenderError> {
    let text = value(helper, name)?.as_str();
    text.ok_or_else(|| RenderErrorReason::ParamNotFoundForIndex(name, 0).into())
}

fn refuse(message: String) -> RenderError {
    RenderErrorReason::Other(message).into()
}

/// `{{part "csrf"}}`: another template over the values that are in sight. `{{> csrf}}` writes the same, and copies all
/// those values for it first, which took most of the time of a large page; it is for giving a partial other values.
struct Part;

impl HelperDef for Part {
    fn call<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        registry: &'reg Handlebars<'reg>,
        context: &'rc Context,
        state: &mut RenderContext<'reg, 'rc>,
        out: &mut dyn Output,
    ) -> HelperResult {
        let name = first_str(helper, "part")?;
        let template = registry.get_template(name).ok_or_else(|| refuse(format!("no template {name}")))?;
        let outer = state.get_current_template_name();
        let rendered = template.render(registry, context, state, out);
        state.set_current_template_name(outer);
        rendered
    }
}

/// `{{#within "layout/staff"}}…{{/within}}`: the page inside a layout, which writes it at its `{{content}}`. A helper and
/// no partial for the reason that [`Part`] is one: inside a partial, each list is copied as a whole, and each of its rows.
struct Within;

impl HelperDef for Within {
    fn call<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        registry: &'reg Handlebars<'reg>,
        context: &'rc Context,
        state: &mut RenderContext<'reg, 'rc>,
        out: &mut dyn Output,
    ) -> HelperResult {
        let name = first_str(helper, "within")?;
        let layout = registry.get_template(name).ok_or_else(|| refuse(format!("no layout {name}")))?;
        let mut page = StringOutput::new();
        if let Some(block) = helper.template() {
            block.render(registry, context, state, &mut page)?;
        }
        let page = page.into_string().map_err(RenderError::from)?;
        state.block_mut().ok_or_else(|| refuse("no block".to_owned()))?.set_local_var(CONTENT, page.into());
        layout.render(registry, context, state, out)
    }
}

const CONTENT: &str = "content";

/// `{{content}}`: what stands [`Within`] the layout.
fn content(
    _: &Helper<'_>,
    _: &Handlebars<'_>,
    _: &Context,
    state: &mut RenderContext<'_, '_>,
    out: &mut dyn Output,
) -> HelperResult {
    let page = state.block().and_then(|block| block.get_local_var(CONTENT)).and_then(Json::as_str);
    out.write(page.ok_or_else(|| refuse("content stands in a layout, outside its blocks".to_owned()))?)?;
    Ok(())
}

/// `{{#scroll "Findings, scrollable"}}…{{/scroll}}`: a wide table that scrolls by itself, also by keyboard, under this
/// name. A helper and no partial for the reason that [`Part`] is one.
struct Scroll;

impl HelperDef for Scroll {
    fn call<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        registry: &'reg Handlebars<'reg>,
        context: &'rc Context,
        state: &mut RenderContext<'reg, 'rc>,
        out: &mut dyn Output,
    ) -> HelperResult {
        let name = handlebars::html_escape(first_str(helper, "scroll")?);
        out.write(&format!(r#"<div class="card scroll" tabindex="0" role="region" aria-label="{name}">"#))?;
        if let Some(table) = helper.template() {
            table.render(registry, context, state, out)?;
        }
        out.write("</div>")?;
        Ok(())
    }
}

/// `{{html cards}}`: an [`Html`](super::Html) as it is.
fn html(
    helper: &Helper<'_>,
    _: &Handlebars<'_>,
    _: &Context,
    _: &mut RenderContext<'_, '_>,
    out: &mut dyn Output,
) -> HelperResult {
    let value = helper.param(0).and_then(|param| param.value().get("html")).and_then(|html| html.as_str());
    out.write(value.ok_or_else(|| refuse("html takes what code has written".to_owned()))?)?;
    Ok(())
}

/// `{{asset "app.css"}}`: the hashed path of a static file; an unknown name is an error.
struct AssetHref(BTreeMap<String, String>);

impl HelperDef for AssetHref {
    fn call<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        _: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
        out: &mut dyn Output,
    ) -> HelperResult {
        let name = first_str(helper, "asset")?;
        let href = self.0.get(name).ok_or_else(|| refuse(format!("no static file {name}")))?;
        out.write(href)?;
        Ok(())
    }
}

/// `{{icon "check"}}`: a decorative icon of the sprite; `{{icon "check" "calm"}}` adds a class.
/// The words beside it carry the meaning. An unknown name is an error.
struct Icon {
    href: String,
    names: BTreeSet<String>,
    class: &'static str,
}

impl HelperDef for Icon {
    fn call<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        _: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
        out: &mut dyn Output,
    ) -> HelperResult {
        let name = first_str(helper, "icon")?;
        if !self.names.contains(name) {
            return Err(refuse(format!("no icon {name}")));
        }
        let extra = helper.param(1).and_then(|param| param.value().as_str()).unwrap_or_default();
        let space = if extra.is_empty() { "" } else { " " };
        out.write(&format!(
            r#"<svg class="{}{space}{}" aria-hidden="true"><use href="{}#{name}"/></svg>"#,
            self.class,
            handlebars::html_escape(extra),
            self.href
        ))?;
        Ok(())
    }
}

/// `{{pips level}}`: the bar glyph of a risk level, 1 low to 4 critical; nothing for 0, not assessed.
fn glyph(sprite: &str, level: &Json) -> Result<String, RenderError> {
    match level.as_u64() {
        Some(0) => Ok(String::new()),
        Some(level @ 1..=4) => {
            Ok(format!(r#"<svg class="pips" aria-hidden="true"><use href="{sprite}#p{level}"/></svg>"#))
        }
        _ => Err(refuse("a risk level goes from 0 to 4".to_owned())),
    }
}

/// `{{band residual}}`: a [`Band`](super::parts::Band).
fn band(sprite: &str, band: &Json) -> Result<String, RenderError> {
    let (level, text) = (field(band, "level")?, words(band, "text")?);
    Ok(format!(r#"<span class="band r{level}">{}{text}</span>"#, glyph(sprite, level)?))
}

/// `{{cell score}}`: a [`ScoreCell`](super::parts::ScoreCell), a link when it leads somewhere.
fn cell(sprite: &str, cell: &Json) -> Result<String, RenderError> {
    let level = field(cell, "level")?;
    let (number, letter) = (words(cell, "value")?, words(cell, "letter")?);
    let inner = format!("<b>{number}</b><span>{letter}{}</span>", glyph(sprite, level)?);
    Ok(match field(cell, "href")? {
        Json::Null => format!(r#"<div class="cell r{level}">{inner}</div>"#),
        _ => format!(r#"<a class="cell r{level}" href="{}">{inner}</a>"#, words(cell, "href")?),
    })
}

/// `{{vendor_rows rows}}`: the lines of the list of vendors, [`VendorRow`](super::vendors::VendorRow)s. Fifty of them as a
/// template took more than everything else that this page does.
fn vendor_rows(sprite: &str, rows: &Json) -> Result<String, RenderError> {
    let rows = rows.as_array().ok_or_else(|| refuse("vendor_rows takes a list".to_owned()))?;
    let mut lines = String::with_capacity(rows.len() * 400);
    for row in rows {
        let archived = field(row, "archived")?.as_bool() == Some(true);
        let _ = write!(
            lines,
            r#"<tr><th scope="row"><a href="{}">{}</a>{}</th><td data-th="Residual risk">{}</td><td data-th="Highest tier">{}</td><td class="num" data-th="Services">{}</td><td class="num" data-th="Open assessments">{}</td></tr>"#,
            words(row, "href")?,
            words(row, "name")?,
            if archived { "<small>Archived</small>" } else { "" },
            band(sprite, field(row, "residual")?)?,
            band(sprite, field(row, "tier")?)?,
            field(row, "services")?,
            field(row, "open")?,
        );
    }
    Ok(lines)
}

/// How a value is drawn with glyphs of the sprite at this address.
type Draw = fn(&str, &Json) -> Result<String, RenderError>;

/// A helper that draws its one parameter, with glyphs of the sprite. No partial, as long lists have two in each row.
struct Drawn {
    name: &'static str,
    sprite: String,
    draw: Draw,
}

impl HelperDef for Drawn {
    fn call<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        _: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
        out: &mut dyn Output,
    ) -> HelperResult {
        out.write(&(self.draw)(&self.sprite, value(helper, self.name)?)?)?;
        Ok(())
    }
}

fn value<'a>(helper: &'a Helper<'_>, name: &'static str) -> Result<&'a Json, RenderError> {
    let param = helper.param(0).map(PathAndJson::value);
    param.ok_or_else(|| RenderErrorReason::ParamNotFoundForIndex(name, 0).into())
}

fn field<'a>(object: &'a Json, name: &str) -> Result<&'a Json, RenderError> {
    object.get(name).ok_or_else(|| refuse(format!("{name} is missing")))
}

/// A text of an object, escaped.
fn words(object: &Json, name: &str) -> Result<String, RenderError> {
    let text = field(object, name)?.as_str().ok_or_else(|| refuse(format!("{name} is not a text")))?;
    Ok(handlebars::html_escape(text))
}

/// The ids of the symbols of a sprite.
fn symbols(sprite: &str) -> BTreeSet<String> {
    sprite
        .split("<symbol id=\"")
        .skip(1)
        .filter_map(|rest| rest.split_once('"'))
        .map(|(id, _)| id.to_owned())
        .collect()
}
