//! The cells of a confrontation as data, for the folder that `LAYERMARK_VERDICTS` names.

use std::path::PathBuf;

use serde_json::{Value, json};

/// Whether the whole product is asked for.
pub(crate) fn is_asked_for() -> bool {
    std::env::var_os("LAYERMARK_VERDICTS").is_some()
}

/// Keeps the cells of `version` (a program's name and its version), each with whether it `agrees`, as
/// what was seen of `row` of the table.
pub(crate) fn keep(row: &str, version: &str, cells: &[Value]) {
    let Some(folder) = std::env::var_os("LAYERMARK_VERDICTS") else { return };
    let agree = cells.iter().filter(|cell| cell["agrees"] == true).count();
    let data = json!({
        "program": version, "row": row, "cells": cells.len(), "agree": agree, "all": cells,
    });
    let program = version.split(' ').next().unwrap_or_default();
    let path = PathBuf::from(folder).join(format!("{program}-{row}.json"));
    std::fs::write(path, serde_json::to_vec_pretty(&data).unwrap()).unwrap();
}
