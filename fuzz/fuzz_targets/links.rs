#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| layermark_fuzz::targets::links(input));
