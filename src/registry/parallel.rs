use std::future::poll_fn;
use std::task::Poll;

use super::transport::Pending;

/// Runs `work` on every item, at most `limit` at a time, and returns the results in the order of
/// the items.
pub async fn in_parallel<'a, T, F, R>(
    items: impl IntoIterator<Item = T>,
    limit: usize,
    work: impl Fn(T) -> F,
) -> Vec<R>
where
    F: Future<Output = R> + 'a,
    R: 'a,
{
    let mut items = items.into_iter();
    let mut running: Vec<(usize, Pending<'a, R>)> = Vec::new();
    let mut results: Vec<Option<R>> = Vec::new();
    poll_fn(move |context| {
        loop {
            while running.len() < limit
                && let Some(item) = items.next()
            {
                running.push((results.len(), Box::pin(work(item))));
                results.push(None);
            }
            if running.is_empty() {
                return Poll::Ready(std::mem::take(&mut results).into_iter().flatten().collect());
            }
            let before = running.len();
            running.retain_mut(|(index, future)| match future.as_mut().poll(context) {
                Poll::Ready(result) => {
                    results[*index] = Some(result);
                    false
                }
                Poll::Pending => true,
            });
            // A finished one makes room for the next, which must be polled once to be woken.
            if running.len() == before {
                return Poll::Pending;
            }
        }
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::testing::block_on;
    use std::cell::Cell;

    #[test]
    fn order_and_limit() {
        let (running, most) = (&Cell::new(0), &Cell::new(0));
        let results = block_on(in_parallel(0..10_u32, 3, |item| async move {
            running.set(running.get() + 1);
            most.set(most.get().max(running.get()));
            let mut polls = 10 - item;
            poll_fn(|context| {
                polls -= 1;
                context.waker().wake_by_ref();
                if polls == 0 { Poll::Ready(()) } else { Poll::Pending }
            })
            .await;
            running.set(running.get() - 1);
            item
        }));
        assert_eq!(results, (0..10).collect::<Vec<_>>());
        assert_eq!(most.get(), 3);
        let none: Vec<u32> =
            block_on(in_parallel(Vec::<u32>::new(), 3, |item| async move { item }));
        assert_eq!(none, [0_u32; 0]);
    }
}
