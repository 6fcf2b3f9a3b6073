use std::collections::HashMap;

use pathwright_api::job::{RoleTemplate, RoleTemplates};
use pathwright_api::text;
use pathwright_api::topic::TopicId;

use crate::patterns::{has_start_of, words_only};

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
    let called = if is_called(&template.id, title) { 1.0 } else { named(template, title) };
    0.65 * topics.min(1.0) + 0.35 * called
}

/// The share of the template's name that stands in the title.
fn named(template: &RoleTemplate, title: &str) -> f32 {
    let title = text::content_stems(title);
    let name = text::content_stems(&template.name);
    name.iter().filter(|stem| title.contains(stem)).count() as f32 / name.len().max(1) as f32
}

/// Whether a title is one that jobs of this template go by.
fn is_called(template: &str, title: &str) -> bool {
    const TITLES: [(&str, &str); 4] = [
        ("ml_engineer", ML_ENGINEER),
        ("quant_researcher", QUANT_RESEARCHER),
        ("quant_trader", "trader|trading analyst|market maker|wertpapierhandler|operador de mercado"),
        ("risk_quant", RISK_QUANT),
    ];
    let title = words_only(title);
    TITLES.iter().any(|(id, titles)| *id == template && has_start_of(&title, titles))
}

const ML_ENGINEER: &str = "machine learning engineer|machine learning ops|ml engineer|mlops|ml ops|ai engineer|ml platform|\
    deep learning engineer|llm engineer|nlp engineer|computer vision engineer|ingenieur machine learning|\
    machine learning ingenieur|ingeniero de machine learning|engenheiro de machine learning|ki ingenieur";

const QUANT_RESEARCHER: &str = "quantitative research|quant research|alpha research|systematic research|chercheur quantitatif|\
    investigador cuantitativo|ricercatore quantitativo";

const RISK_QUANT: &str = "risk quant|quantitative risk|risk model|credit risk|market risk|model risk|model validation|risk analy|\
    risk methodolog|risikomodell|risikoanaly|analyste risque|analista de riesgo|analista de risco";

#[cfg(test)]
mod tests {
    use super::*;
    use pathwright_api::topic::TopicMap;

    #[test]
    fn titles_that_jobs_go_by_lead_to_their_template() {
        let map = TopicMap::parse(crate::topic_files()).unwrap();
        let templates = RoleTemplates::parse(crate::template_files(), &map).unwrap();
        let id = |title: &str| closest(&templates, title, &HashMap::new()).id.clone();
        assert_eq!(id("Senior Machine Learning Engineer, Search"), "ml_engineer");
        assert_eq!(id("Options Trader"), "quant_trader");
        assert_eq!(id("Credit Risk Modeller"), "risk_quant");
        assert_eq!(id("Backend Engineer"), RoleTemplate::GENERAL);
    }
}
