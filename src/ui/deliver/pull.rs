//! The customer's pull, played through: three questions that are always answered, and any other.

use yew::prelude::*;

use crate::app::{ChecksState, DeliverAction, Opened};
use crate::compatibility::{
    Client, End, Network, Played, PullsFrom, Question, RegistryKind, Scenario, Step, UrlsAre,
    clients, simulate,
};
use crate::msg;
use crate::text::Message;
use crate::ui::checks::clients::{client_name, evidence, registry_name};
use crate::ui::common::choice::chosen_line;
use crate::ui::common::context::Context;

/// Pulls that were played through.
pub(super) struct Pulls {
    asked: [(Question, Option<Played>); 3],
    other: Option<Played>,
}

/// Plays the three pulls that everybody asks about, and this one.
pub(super) fn play(opened: &Opened, checks: &ChecksState, scenario: Scenario) -> Pulls {
    let subject = checks.subject(opened);
    let asked = Question::ALL
        .map(|question| (question, simulate(&subject, &question.scenario(scenario.client))));
    Pulls { asked, other: simulate(&subject, &scenario) }
}

pub(super) fn view(context: &Context, pulls: &Pulls, scenario: Scenario) -> Html {
    html! {
        <section class="stack">
            <h4 id="pull-title">{ context.t(msg!("pull.title")) }</h4>
            <p class="hint">{ context.t(msg!("pull.hint")) }</p>
            { who(context, scenario) }
            { for pulls.asked.iter().map(|(question, played)| html! {
                <>{ for played.iter().map(|played| answer(context, question.message(), played)) }</>
            }) }
            <details>
                <summary>{ context.t(msg!("pull.other")) }</summary>
                <div class="stack">
                    { chooser(context, scenario) }
                    { for pulls.other.iter().map(|played| answer(context, msg!("pull.this"), played)) }
                </div>
            </details>
        </section>
    }
}

/// What comes of a pull, with every step that leads there.
fn answer(context: &Context, question: Message, played: &Played) -> Html {
    let class = match played.end {
        End::Fails | End::Incomplete => "bad",
        End::NotKnown => "warn",
        End::Complete => "ok",
    };
    let sign = played.end.sign();
    html! {
        <details class="verdict">
            <summary>
                { context.t(question) }{ " " }
                <span class={classes!("chip", class)}>{ sign }{ " " }{ context.t(played.end.message()) }</span>
            </summary>
            <ol class="stack">
                { for played.steps.iter().map(|step| html! { <li>{ self::step(context, step) }</li> }) }
            </ol>
        </details>
    }
}

fn step(context: &Context, step: &Step) -> Html {
    match step {
        Step::Client(client, part) => html! {
            <>
                <strong>{ client_name(context, client) }</strong>
                if !part.way.is_empty() { { " " }<span class="mono">{ part.way }</span> }
                { ": " }{ context.t(part.sentence()) }
                <span class="hint">{ evidence(context, part) }</span>
            </>
        },
        Step::Registry(kind, part) => html! {
            <>
                <strong>{ registry_name(context, *kind) }</strong>{ ": " }{ context.t(part.sentence()) }
            </>
        },
        Step::NoRegistry => context.t(msg!("pull.no-registry")).into(),
    }
}

/// A list of which one is chosen.
fn list<T: PartialEq + Copy + 'static>(
    context: &Context,
    label: Message,
    all: Vec<(T, AttrValue)>,
    chosen: T,
    choose: impl Fn(T) -> Scenario + 'static,
) -> Html {
    let values: Vec<T> = all.iter().map(|(value, _)| *value).collect();
    let onchange = context.on(move |event: Event| {
        let value = chosen_line(&event).and_then(|at| values.get(at));
        DeliverAction::Pull(choose(value.copied().unwrap_or(chosen)))
    });
    html! {
        <label>
            <span>{ context.t(label) }</span>
            <select {onchange}>
                { for all.into_iter().map(|(value, name)| html! {
                    <option selected={value == chosen}>{ name }</option>
                }) }
            </select>
        </label>
    }
}

/// Clients of which this holds, by their ids.
fn named(context: &Context, fits: fn(&Client) -> bool) -> Vec<(&'static str, AttrValue)> {
    let found = clients().iter().filter(|client| fits(client));
    found.map(|client| (client.id, client_name(context, client).into())).collect()
}

fn who(context: &Context, scenario: Scenario) -> Html {
    let all = named(context, |_| true);
    let choose = move |client| Scenario { client, ..scenario };
    html! {
        <div class="row fields">{ list(context, msg!("pull.who"), all, scenario.client, choose) }</div>
    }
}

fn chooser(context: &Context, scenario: Scenario) -> Html {
    let places = vec![
        (0_u8, context.t(msg!("pull.from-registry"))),
        (1, context.t(msg!("pull.from-copy"))),
        (2, context.t(msg!("pull.from-archive"))),
    ];
    let place = match scenario.from {
        PullsFrom::Registry => 0,
        PullsFrom::Copy { .. } => 1,
        PullsFrom::Archive { .. } => 2,
    };
    let from = move |place| Scenario {
        from: match place {
            1 => PullsFrom::Copy { by: "skopeo", into: RegistryKind::Unknown },
            2 => PullsFrom::Archive { by: "skopeo", way: 0 },
            _ => PullsFrom::Registry,
        },
        ..scenario
    };
    let networks = Network::ALL.map(|one| (one, context.t(one.message()))).to_vec();
    let urls = UrlsAre::ALL.map(|one| (one, context.t(one.message()))).to_vec();
    html! {
        <div class="row fields">
            { list(context, msg!("pull.from"), places, place, from) }
            { made(context, scenario) }
            { list(context, msg!("pull.network"), networks, scenario.network,
                move |network| Scenario { network, ..scenario }) }
            { list(context, msg!("pull.urls"), urls, scenario.urls,
                move |urls| Scenario { urls, ..scenario }) }
        </div>
    }
}

/// How the copy or archive is made.
fn made(context: &Context, scenario: Scenario) -> Html {
    match scenario.from {
        PullsFrom::Registry => Html::default(),
        PullsFrom::Copy { by, into } => {
            let tools = named(context, |client| !client.push.is_empty());
            let kinds = RegistryKind::ALL.iter().map(|kind| (*kind, registry_name(context, *kind)));
            html! {
                <>
                    { list(context, msg!("pull.made-by"), tools, by, move |by| Scenario {
                        from: PullsFrom::Copy { by, into }, ..scenario
                    }) }
                    { list(context, msg!("pull.into"), kinds.collect(), into, move |into| Scenario {
                        from: PullsFrom::Copy { by, into }, ..scenario
                    }) }
                </>
            }
        }
        PullsFrom::Archive { by, way } => {
            let savers = clients().iter().filter(|client| !client.save.is_empty());
            let tools = savers.flat_map(|client| {
                let name = client_name(context, client);
                client.save.iter().enumerate().map(move |(way, copy)| {
                    let words = [name.as_str(), copy.way];
                    ((client.id, way), AttrValue::from(words.join(" ").trim().to_owned()))
                })
            });
            list(context, msg!("pull.made-by"), tools.collect(), (by, way), move |(by, way)| {
                Scenario { from: PullsFrom::Archive { by, way }, ..scenario }
            })
        }
    }
}
