use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::ops::Range;
use std::rc::Rc;
use std::task::{Poll, Waker};

use crate::app::FileId;
use crate::deliver::WriteError;
use crate::export::ArchiveError;
use crate::registry::Pending;
use crate::run::{
    ChosenFile, Downloads, FilePart, Files, Sentences, Spoken, Told, VerifyJob, Worker, Workers,
    Writer, Written,
};
use crate::text::{Catalog, Language, Numbers, PlainNumbers, english};

/// What a page has around it beside the network: a disk, workers, sentences.
#[derive(Clone, Default)]
pub(crate) struct Disk(Rc<Inner>);

/// The name of a file, and its bytes.
type NamedFile = (String, Rc<[u8]>);

#[derive(Default)]
struct Inner {
    chosen: RefCell<Vec<Option<NamedFile>>>,
    saved: RefCell<Vec<(String, Vec<u8>)>>,
    /// How many bytes fit on it, where that is limited.
    room: Cell<Option<usize>>,
    running: RefCell<BTreeMap<usize, Started>>,
    count: Cell<usize>,
    /// Who waits for a chosen file to be read, while that is held up.
    held: RefCell<Option<Vec<Waker>>>,
}

/// A worker that was started and not ended.
struct Started {
    job: VerifyJob,
    told: Rc<dyn Fn(Told)>,
    paused: bool,
}

impl Disk {
    /// A file that the person chose.
    pub(crate) fn choose(&self, name: &str, bytes: impl Into<Rc<[u8]>>) -> FileId {
        let mut chosen = self.0.chosen.borrow_mut();
        chosen.push(Some((name.to_owned(), bytes.into())));
        FileId(u32::try_from(chosen.len() - 1).unwrap())
    }

    /// Takes a chosen file away.
    pub(crate) fn lose(&self, id: FileId) {
        self.0.chosen.borrow_mut()[id.0 as usize] = None;
    }

    /// Makes whoever reads a chosen file wait.
    pub(crate) fn hold(&self) {
        self.0.held.replace(Some(Vec::new()));
    }

    /// Lets chosen files be read again.
    pub(super) fn release(&self) {
        let waiting = self.0.held.take();
        waiting.into_iter().flatten().for_each(Waker::wake);
    }

    async fn until_free(&self) {
        poll_fn(|context| match &mut *self.0.held.borrow_mut() {
            Some(waiting) => {
                waiting.push(context.waker().clone());
                Poll::Pending
            }
            None => Poll::Ready(()),
        })
        .await;
    }

    /// The files that were handed to the person, in this order.
    pub(crate) fn saved(&self) -> Vec<(String, Vec<u8>)> {
        self.0.saved.borrow().clone()
    }

    /// Lets no more than so many bytes be written into a file.
    pub(crate) fn has_room_for(&self, bytes: usize) {
        self.0.room.set(Some(bytes));
    }

    /// The jobs of the workers that run, and whether they are held.
    pub(crate) fn running(&self) -> Vec<(VerifyJob, bool)> {
        self.0.running.borrow().values().map(|it| (it.job.clone(), it.paused)).collect()
    }

    /// Has the first worker that runs tell this.
    pub(crate) fn tell(&self, told: Told) {
        let tell = self.0.running.borrow().values().next().unwrap().told.clone();
        tell(told);
    }
}

impl Files for Disk {
    fn get(&self, id: FileId) -> Option<Rc<dyn ChosenFile>> {
        let (name, bytes) = self.0.chosen.borrow().get(id.0 as usize)?.clone()?;
        Some(Rc::new(File { disk: self.clone(), name, bytes }))
    }
}

struct File {
    disk: Disk,
    name: String,
    bytes: Rc<[u8]>,
}

impl ChosenFile for File {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn size(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn read(&self, range: Range<u64>) -> Pending<'_, Result<Vec<u8>, ArchiveError>> {
        let range = usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap();
        Box::pin(async move {
            self.disk.until_free().await;
            Ok(self.bytes[range].to_vec())
        })
    }
}

impl Downloads for Disk {
    fn hand_out(&self, name: &str, _: &str, parts: &[FilePart<'_>]) -> bool {
        let mut all = Vec::new();
        for part in parts {
            match part {
                FilePart::Bytes(bytes) => all.extend_from_slice(bytes),
                FilePart::Slice(id, range) => {
                    let chosen = self.0.chosen.borrow();
                    let Some((_, bytes)) = &chosen[id.0 as usize] else { return false };
                    let range =
                        usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap();
                    all.extend_from_slice(&bytes[range]);
                }
            }
        }
        self.0.saved.borrow_mut().push((name.to_owned(), all));
        true
    }

    fn begin<'a>(
        &'a self,
        name: &'a str,
        _: &'static str,
        _: u64,
    ) -> Pending<'a, Written<Box<dyn Writer>>> {
        let writing = Writing { disk: self.clone(), name: name.to_owned(), bytes: Vec::new() };
        Box::pin(async { Ok(Box::new(writing) as Box<dyn Writer>) })
    }
}

struct Writing {
    disk: Disk,
    name: String,
    bytes: Vec<u8>,
}

impl Writer for Writing {
    fn write<'a>(&'a mut self, bytes: &'a [u8]) -> Pending<'a, Written<()>> {
        Box::pin(async move {
            self.bytes.extend_from_slice(bytes);
            match self.disk.0.room.get() {
                Some(room) if self.bytes.len() > room => {
                    Err(WriteError::Refused("the disk is full".to_owned()))
                }
                _ => Ok(()),
            }
        })
    }

    fn finish(self: Box<Self>) -> Pending<'static, Written<()>> {
        Box::pin(async move {
            self.disk.0.saved.borrow_mut().push((self.name, self.bytes));
            Ok(())
        })
    }
}

impl Workers for Disk {
    fn start(&self, job: VerifyJob, told: Box<dyn Fn(Told)>) -> Option<Box<dyn Worker>> {
        if let crate::run::VerifySource::File(id) = &job.source {
            self.get(*id)?;
        }
        let number = self.0.count.replace(self.0.count.get() + 1);
        let started = Started { job, told: told.into(), paused: false };
        self.0.running.borrow_mut().insert(number, started);
        Some(Box::new(Working { disk: self.clone(), number }))
    }
}

struct Working {
    disk: Disk,
    number: usize,
}

impl Worker for Working {
    fn pause(&self, paused: bool) {
        self.disk.0.running.borrow_mut().get_mut(&self.number).unwrap().paused = paused;
    }
}

impl Drop for Working {
    fn drop(&mut self) {
        let ended = self.disk.0.running.borrow_mut().remove(&self.number);
        drop(ended);
    }
}

/// The sentences are compiled in; numbers are written in the plain way.
struct English;

impl Spoken for English {
    fn catalog(&self) -> &Catalog {
        english()
    }

    fn numbers(&self) -> &dyn Numbers {
        &PlainNumbers
    }
}

impl Sentences for Disk {
    fn load(&self, _: Language) -> Pending<'_, Option<Rc<dyn Spoken>>> {
        Box::pin(async { Some(Rc::new(English) as Rc<dyn Spoken>) })
    }
}
