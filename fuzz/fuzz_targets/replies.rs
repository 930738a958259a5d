#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| ftpfw_fuzz::replies(data));
