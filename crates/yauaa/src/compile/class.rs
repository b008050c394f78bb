//! Takes the serialised network out of a generated ANTLR class file.

/// The numbers of the network in `class`; `None` when the file is not such a class.
pub fn network(class: &[u8]) -> Option<Vec<i32>> {
    let mut input = Input(class);
    if input.word()? != 0xcafe_babe {
        return None;
    }
    input.word()?;
    let count = usize::from(input.half()?);
    let mut texts: Vec<Option<Vec<u16>>> = vec![None; count];
    let mut strings = vec![0_usize; count];
    let mut at = 1;
    while at < count {
        match input.take(1)?[0] {
            1 => {
                let length = usize::from(input.half()?);
                texts[at] = Some(units(input.take(length)?));
            }
            8 => strings[at] = usize::from(input.half()?),
            7 | 16 | 19 | 20 => {
                input.take(2)?;
            }
            15 => {
                input.take(3)?;
            }
            3 | 4 | 9..=12 | 17 | 18 => {
                input.take(4)?;
            }
            5 | 6 => {
                input.take(8)?;
                at += 1;
            }
            _ => return None,
        }
        at += 1;
    }
    input.take(6)?;
    let interfaces = usize::from(input.half()?);
    input.take(interfaces * 2)?;
    let name_of = |index: u16| {
        let units = texts.get(usize::from(index))?.as_ref()?;
        Some(String::from_utf16_lossy(units))
    };
    let mut parts = Vec::new();
    for _ in 0..input.half()? {
        input.half()?;
        let name = name_of(input.half()?)?;
        input.half()?;
        for _ in 0..input.half()? {
            let attribute = name_of(input.half()?)?;
            let length = input.word()? as usize;
            let mut body = Input(input.take(length)?);
            if attribute == "ConstantValue" && name.starts_with("_serializedATN") {
                let string = strings.get(usize::from(body.half()?)).copied()?;
                parts.push((name.clone(), texts.get(string)?.clone()?));
            }
        }
    }
    parts.sort();
    let mut words = parts.into_iter().flat_map(|(_, units)| units);
    let mut numbers = Vec::new();
    while let Some(word) = words.next() {
        if word & 0x8000 == 0 {
            numbers.push(i32::from(word));
            continue;
        }
        let next = words.next()?;
        numbers.push(if word == 0xffff && next == 0xffff {
            -1
        } else {
            (i32::from(word & 0x7fff) << 16) | i32::from(next)
        });
    }
    (!numbers.is_empty()).then_some(numbers)
}

struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (head, tail) = self.0.split_at_checked(count)?;
        self.0 = tail;
        Some(head)
    }

    fn half(&mut self) -> Option<u16> {
        self.take(2).map(|b| u16::from_be_bytes([b[0], b[1]]))
    }

    fn word(&mut self) -> Option<u32> {
        self.take(4)
            .map(|b| u32::from_be_bytes([b[0], b[1], b[2], b[3]]))
    }
}

/// The UTF-16 units of a class file's text.
fn units(bytes: &[u8]) -> Vec<u16> {
    let mut units = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    loop {
        rest = match rest {
            [a, b, tail @ ..] if a & 0xe0 == 0xc0 => {
                units.push(u16::from(a & 0x1f) << 6 | u16::from(b & 0x3f));
                tail
            }
            [a, b, c, tail @ ..] if a & 0xf0 == 0xe0 => {
                units.push(
                    u16::from(a & 0x0f) << 12 | u16::from(b & 0x3f) << 6 | u16::from(c & 0x3f),
                );
                tail
            }
            [a, tail @ ..] => {
                units.push(u16::from(*a));
                tail
            }
            [] => return units,
        };
    }
}
