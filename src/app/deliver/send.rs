//! Sending layers straight to a server.

use super::{DeliverRequest, DeliverState, DeliverWay, begin};
use crate::app::{Effect, Opened, State};
use crate::deliver::{PutError, PutJob, check_receivers, parse_headers, put_jobs};
use crate::registry::Url;

impl Opened {
    /// The uploads that were asked for. Layers that had their URLs when they were loaded go only where
    /// the person says so: nobody here chose those places.
    pub fn uploads(&self, deliver: &DeliverState) -> Result<Vec<PutJob>, PutError> {
        let mut layers = self.marked_layers();
        layers.retain(|layer| deliver.also_loaded || !layer.as_loaded);
        put_jobs(&layers, deliver.presigned.text(), &self.facts())
    }
}

/// Begins to send the marked layers to the server.
pub(super) fn send(state: &mut State, again: bool, effects: &mut Vec<Effect>) {
    let Some(opened) = state.opened.clone() else { return };
    let page = Url::parse(&state.page.origin).ok();
    let made = parse_headers(state.deliver.headers.text()).and_then(|headers| {
        let jobs = opened.uploads(&state.deliver)?;
        check_receivers(&jobs, &headers, page.as_ref().map(Url::origin))?;
        Ok((jobs, headers))
    });
    let (mut jobs, headers) = match made {
        Ok(made) => made,
        Err(error) => {
            state.deliver.problem = Some(error.message());
            return;
        }
    };
    for job in &jobs {
        if let Err(refused) = state.config.check_url(job.secret_url()) {
            state.deliver.problem = Some(refused.message());
            return;
        }
    }
    if again && let Some(ended) = state.deliver.ended_for(opened.image.root()) {
        for job in &mut jobs {
            job.done = ended.has_sent(job);
        }
    }
    if jobs.iter().any(|job| !job.done) {
        begin(state, DeliverRequest::new(&opened, DeliverWay::Put { jobs, headers }), effects);
    }
}
