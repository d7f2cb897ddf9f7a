//! Streams against a reference that knows the whole text, over few letters: what is near a match or overlaps is frequent.

use proptest::prelude::*;

use super::*;

/// The most that a release tells of a secret.
const RELEASED: usize = RELEASED_BYTES_MAX - 1;

fn of(forms: &[Vec<u8>], head_bytes: usize) -> Redaction {
    Redaction::new(Some(Arc::new(Forms::new(forms.iter().cloned().collect(), head_bytes))))
}

/// Every occurrence of every form; those that overlap replaced together.
fn reference(forms: &[Vec<u8>], text: &[u8]) -> Vec<u8> {
    let mut places: Vec<(usize, usize)> = vec![];
    for form in forms {
        let found = text.windows(form.len()).enumerate().filter(|(_, window)| window == form);
        places.extend(found.map(|(at, _)| (at, at + form.len())));
    }
    places.sort_unstable();
    let mut told = vec![];
    let mut at = 0;
    let mut places = places.into_iter().peekable();
    while let Some((from, mut to)) = places.next() {
        while let Some((_, end)) = places.next_if(|(next, _)| *next < to) {
            to = to.max(end);
        }
        told.extend_from_slice(&text[at..from]);
        told.extend_from_slice(REDACTED.as_bytes());
        at = to;
    }
    told.extend_from_slice(&text[at..]);
    told
}

/// What must be held back of a text: the longest end that is the beginning of a form.
fn unsettled(forms: &[Vec<u8>], text: &[u8]) -> usize {
    let begins =
        |from: usize| forms.iter().any(|form| form.len() > text.len() - from && form.starts_with(&text[from..]));
    (0..text.len()).find(|&from| begins(from)).map_or(0, |from| text.len() - from)
}

fn cut(text: &[u8], sizes: &[usize]) -> Vec<Bytes> {
    let (mut rest, mut pieces) = (text, vec![]);
    for &size in sizes.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (piece, after) = rest.split_at(size.min(rest.len()));
        pieces.push(Bytes::copy_from_slice(piece));
        rest = after;
    }
    pieces
}

fn word(letters: &'static str, max: usize) -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(proptest::sample::select(letters.as_bytes()), 1..=max)
}

/// Forms, a text made of them, their pieces and noise, and where it is cut.
fn case() -> impl Strategy<Value = (Vec<Vec<u8>>, Vec<u8>, Vec<usize>, usize)> {
    let forms = proptest::collection::vec(word("ab", 12), 1..5);
    let sizes = proptest::collection::vec(1usize..9, 1..6);
    (forms, sizes, 1usize..6).prop_flat_map(|(forms, sizes, head_bytes)| {
        let (whole, part) = (proptest::sample::select(forms.clone()), proptest::sample::select(forms.clone()));
        let part = (part, any::<proptest::sample::Index>());
        let part = part.prop_map(|(form, index)| form[..index.index(form.len())].to_vec());
        let piece = prop_oneof![whole, part, word("abc", 4)];
        let text = proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat());
        (Just(forms), text, Just(sizes), Just(head_bytes))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn however_it_is_cut_it_is_the_whole_redacted((forms, text, sizes, head_bytes) in case()) {
        let mut stream = of(&forms, head_bytes);
        let (mut told, mut seen) = (vec![], vec![]);
        for piece in cut(&text, &sizes) {
            seen.extend_from_slice(&piece);
            told.extend_from_slice(&stream.push(piece));
            let open = stream.0.as_ref().unwrap();
            prop_assert_eq!(open.begun, unsettled(&forms, &seen), "held back is what may be a beginning");
            prop_assert!(open.recent.len() <= 12.max(head_bytes));
        }
        told.extend_from_slice(&stream.finish());
        prop_assert_eq!(String::from_utf8(told).unwrap(), String::from_utf8(reference(&forms, &text)).unwrap());
    }

    #[test]
    fn what_is_released_is_short_and_the_rest_stays_hidden(
        (forms, text, sizes, head_bytes) in case(),
        pauses in proptest::collection::vec(any::<bool>(), 1..9),
    ) {
        let mut stream = of(&forms, head_bytes);
        let mut plain = vec![];
        let mut before = 0;
        for (piece, pause) in cut(&text, &sizes).into_iter().zip(pauses.into_iter().cycle()) {
            stream.push(piece);
            if pause && stream.is_waiting() {
                let open = stream.0.as_ref().unwrap();
                plain.push((before.max(open.told), open.end));
                stream.release();
                before = stream.0.as_ref().unwrap().end;
            }
            prop_assert!(!pause || !stream.is_waiting());
        }
        for form in forms.iter().filter(|form| form.len() > RELEASED) {
            let at = text.windows(form.len()).enumerate().filter(|(_, window)| window == form);
            for (at, _) in at {
                let hidden = (at + RELEASED) as u64..(at + form.len()) as u64;
                prop_assert!(plain.iter().all(|(from, to)| *to <= hidden.start || *from >= hidden.end));
            }
        }
    }
}
