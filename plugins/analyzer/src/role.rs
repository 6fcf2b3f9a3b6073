use std::collections::HashMap;

use pathwright_api::job::{RoleTemplate, RoleTemplates};
use pathwright_api::text;
use pathwright_api::topic::TopicId;

/// The template whose topics and name the findings fit best; `general` where none fits well.
pub fn closest<'t>(templates: &'t RoleTemplates, title: &str, weights: &HashMap<TopicId, f32>) -> &'t RoleTemplate {
    const ENOUGH: f32 = 0.25;
    let specific = templates.iter().filter(|template| template.id != RoleTemplate::GENERAL);
    let best = specific.map(|template| (fit(template, title, weights), template)).max_by(|a, b| a.0.total_cmp(&b.0));
    match best {
        Some((score, template)) if score >= ENOUGH => template,
        _ => templates.general(),
    }
}

/// 0 to 1: mostly the share of the template's topics that the job asks for, the rest its name in the title.
fn fit(template: &RoleTemplate, title: &str, weights: &HashMap<TopicId, f32>) -> f32 {
    let asked: f32 = template.required.iter().filter_map(|id| weights.get(id)).sum();
    let topics = asked / (template.required.len().max(1) as f32);
    let title = text::content_stems(title);
    let name = text::content_stems(&template.name);
    let named = name.iter().filter(|stem| title.contains(stem)).count() as f32 / name.len().max(1) as f32;
    0.65 * topics.min(1.0) + 0.35 * named
}
