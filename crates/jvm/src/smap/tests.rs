use super::*;
use proptest::prelude::*;

fn ordered(keys: &str) -> Vec<&str> {
    let map: SMap<&str, ()> = keys.split(',').map(|k| (k, ())).collect();
    map.keys().copied().collect()
}

const PARAMETERS: &str = "e tr_id f_qt se_va tr_st ip duid tnuid vid pp_miy f_ag tr_ci ti_pr \
        co eid se_pr url refr ua aid cx f_dir tna ev_va cs u cd tr_tt page stm tz f_pdf ev_ca \
        ev_ac pp_may f_java tv se_ac tr_af se_la vp ti_na ds ti_qu f_realp ti_ca tr_tx ti_cu \
        se_ca tr_sh fp ue_pr cv res ev_pr nuid ti_nm schema f_fla ti_id cookie tr_co p dtm ttm \
        pp_mix ue_na uid ti_sk f_gears lang tr_cu tid ev_la ue_px sid f_wma pp_max";

#[test]
fn tracker_parameters_iterate_in_trie_order() {
    let expected: Vec<&str> = PARAMETERS.split_whitespace().collect();
    let mut keys = expected.clone();
    keys.sort_unstable();
    sort_trie(&mut keys, |k| k);
    assert_eq!(keys, expected);
    let map: SMap<&str, usize> = expected.iter().rev().map(|k| (*k, 1)).collect();
    assert_eq!(map.keys().copied().collect::<Vec<_>>(), expected);
}

#[test]
fn five_keys_or_more_iterate_in_trie_order() {
    assert_eq!(
        ordered("33sD,EV,sZDyiFc,tPfR,AOuKpf,N0gKQQJg"),
        ["33sD", "AOuKpf", "N0gKQQJg", "EV", "tPfR", "sZDyiFc"]
    );
    assert_eq!(
        ordered("ON8pKb,yI3gO,YI,v,eK"),
        ["yI3gO", "v", "eK", "ON8pKb", "YI"]
    );
    assert_eq!(ordered("a,b,c,d,e,f"), ["e", "f", "a", "b", "c", "d"]);
}

proptest! {
    /// Entries that are added at once come as they do one by one, also with equal keys and equal hashes.
    #[test]
    fn all_at_once_is_as_one_by_one(
        keys in prop::collection::vec("(Aa|BB|[a-d]){1,2}", 0..40),
        removed in prop::collection::vec("[a-d]", 0..6),
    ) {
        let mut at_once: SMap<String, usize> = SMap::new();
        // a map that was a trie once stays one
        at_once.extend(removed.iter().map(|key| (key.clone(), 0)));
        let mut one_by_one: SMap<String, usize> = SMap::new();
        for key in &removed {
            one_by_one.insert(key.clone(), 0);
        }
        for key in &removed {
            prop_assert_eq!(at_once.remove(key), one_by_one.remove(key));
        }
        at_once.extend(keys.iter().cloned().zip(0..));
        for (key, n) in keys.iter().zip(0..) {
            one_by_one.insert(key.clone(), n);
        }
        let list = |map: &SMap<String, usize>| -> Vec<(String, usize)> {
            map.iter().map(|(key, n)| (key.clone(), *n)).collect()
        };
        prop_assert_eq!(list(&at_once), list(&one_by_one));
        for key in &keys {
            prop_assert_eq!(at_once.get(key), one_by_one.get(key));
        }
    }
}

#[test]
fn four_keys_iterate_in_insertion_order() {
    assert_eq!(ordered("d,c,b,a,c"), ["d", "c", "b", "a"]);
    let mut map: SMap<&str, i32> = SMap::new();
    assert_eq!(map.insert("d", 1), None);
    assert_eq!(map.insert("c", 2), None);
    assert_eq!(map.insert("d", 3), Some(1));
    assert_eq!(map.iter().collect::<Vec<_>>(), [(&"d", &3), (&"c", &2)]);
}

#[test]
fn options_of_digits_iterate_as_measured() {
    let mut keys: Vec<usize> = (0..7).collect();
    keys.sort_by_key(|i| trie_key(crate::hashing::some_hash(string_hash(&i.to_string()))));
    assert_eq!(keys, [4, 3, 0, 5, 1, 6, 2]);
}

#[test]
fn a_trie_stays_one_until_it_is_rebuilt() {
    let mut map: SMap<&str, ()> = "d,c,b,a,e".split(',').map(|k| (k, ())).collect();
    map.remove("e");
    map.remove("b");
    assert_eq!(map.keys().copied().collect::<Vec<_>>(), ["a", "c", "d"]);
    map.insert("b", ());
    assert_eq!(
        map.keys().copied().collect::<Vec<_>>(),
        ["a", "b", "c", "d"]
    );
    let mut map = map.reordered();
    map.remove("a");
    map.insert("a", ());
    assert_eq!(
        map.keys().copied().collect::<Vec<_>>(),
        ["b", "c", "d", "a"]
    );
}

#[test]
fn equal_hashes_keep_insertion_order_and_an_update_moves_to_the_end() {
    assert_eq!(
        ordered("AaAa,BBBB,AaBB,BBAa,c,d,e"),
        ["e", "AaAa", "BBBB", "AaBB", "BBAa", "c", "d"]
    );
    assert_eq!(
        ordered("AaAa,BBBB,AaBB,BBAa,c,d,e,BBBB"),
        ["e", "AaAa", "AaBB", "BBAa", "BBBB", "c", "d"]
    );
}

#[test]
fn a_real_scala_map_agrees() {
    let rows = [
        (
            "c_a,BBAa,b_bAA,ë_Aac,AaAa,ï,Bïa,óA_a,AaAa,cb,cbcab,é1æB_1,BBBB,1aéb,b1ca,û1_BA",
            "cb,Bïa,b_bAA,b1ca,û1_BA,ë_Aac,BBAa,AaAa,BBBB,óA_a,é1æB_1,c_a,1aéb,ï,cbcab",
        ),
        (
            "û_,b,1,åAA,bBAb,a,_ca,BBAa,b_1B",
            "a,1,b_1B,b,bBAb,BBAa,û_,åAA,_ca",
        ),
    ];
    for (keys, expected) in rows {
        assert_eq!(ordered(keys).join(","), expected);
    }
}

#[test]
fn hundreds_of_thousands_of_keys_are_no_trouble() {
    let map: SMap<String, u32> = (0..200_000).map(|i| (format!("k{i}"), i)).collect();
    assert_eq!(map.len(), 200_000);
    assert_eq!(map.get("k199999"), Some(&199_999));
    let orders: Vec<u32> = map.keys().map(|k| trie_key(string_hash(k))).collect();
    assert!(orders.is_sorted());
}

#[test]
fn keys_chosen_to_collide_are_no_trouble() {
    let key = |i: u32| -> String {
        (0..16)
            .map(|b| if i >> b & 1 == 0 { "Aa" } else { "BB" })
            .collect()
    };
    let mut map: SMap<String, u32> = (0..1 << 15).map(|i| (key(i), i)).collect();
    let values: Vec<u32> = map.values().copied().collect();
    assert!(values.is_sorted());
    for i in 0..1 << 14 {
        assert_eq!(map.remove(&key(i)), Some(i));
    }
    assert_eq!(map.len(), 1 << 14);
    assert_eq!(map.into_iter().next(), Some((key(1 << 14), 1 << 14)));
}

#[test]
fn a_hash_map_iterates_by_bucket() {
    assert_eq!(hash_map_order(&["b", "a", "q"]), [1, 2, 0]);
    // Thirteen keys make 32 buckets: "q" (113) leaves the bucket of "a" (97).
    let keys = [
        "q", "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l",
    ];
    assert_eq!(
        hash_map_order(&keys),
        [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0]
    );
    assert!(hash_map_order::<&str>(&[]).is_empty());
}

#[test]
fn a_ninth_key_in_a_bucket_doubles_a_small_table() {
    // Multiples of 16: one bucket of 16; the ninth makes 32 buckets, the tenth 64.
    let hashes: Vec<i32> = (0..9).rev().map(|i| i * 16).collect();
    assert_eq!(hash_map_order_by_hash(&hashes), [0, 2, 4, 6, 8, 1, 3, 5, 7]);
}

proptest! {
    #[test]
    fn it_behaves_like_a_list_of_pairs(
        steps in prop::collection::vec((0u8..3, "[a-c]{1,4}|Aa|BB"), 0..200)
    ) {
        let mut map: SMap<String, usize> = SMap::new();
        let mut model: Vec<(String, usize)> = Vec::new();
        for (i, (op, key)) in steps.into_iter().enumerate() {
            let known = model.iter().position(|(k, _)| *k == key);
            if op == 0 {
                let removed = known.map(|at| model.remove(at).1);
                prop_assert_eq!(map.remove(&key), removed);
            } else if let Some(at) = known {
                prop_assert_eq!(map.insert(key, i), Some(model[at].1));
                model[at].1 = i;
            } else {
                prop_assert_eq!(map.insert(key.clone(), i), None);
                model.push((key, i));
            }
            prop_assert_eq!(map.len(), model.len());
        }
        for (k, v) in &model {
            prop_assert_eq!(map.get(k), Some(v));
        }
        let mut listed: Vec<(String, usize)> =
            map.iter().map(|(k, v)| (k.clone(), *v)).collect();
        let consumed: Vec<(String, usize)> = map.into_iter().collect();
        prop_assert_eq!(&listed, &consumed);
        listed.sort();
        model.sort();
        prop_assert_eq!(listed, model);
    }

    #[test]
    fn a_hash_map_order_is_a_permutation(hashes in prop::collection::vec(any::<i32>(), 0..200)) {
        let mut order = hash_map_order_by_hash(&hashes);
        order.sort_unstable();
        prop_assert_eq!(order, (0..hashes.len()).collect::<Vec<_>>());
    }
}

proptest! {
    /// Entries that are gathered come as they do one by one, also when their sequence came before.
    #[test]
    fn gathered_entries_are_as_inserted_ones(
        lists in prop::collection::vec(
            prop::collection::vec("(Aa|BB|[a-d]{1,3}|é|parameter)", 0..40), 1..4),
        twice in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
        removed in "[a-d]{1,2}",
    ) {
        let mut orders = Orders::default();
        let again = twice.iter().map(|index| index.get(&lists));
        for keys in lists.iter().chain(again) {
            let mut gathered = Gathered::with_capacity(keys.len());
            let mut inserted = SMap::new();
            for (key, n) in keys.iter().zip(0..) {
                gathered.add(key.clone(), n);
                inserted.insert(key.clone(), n);
            }
            let mut gathered = gathered.into_map(&mut orders);
            if let Some(by_name) = gathered.iter_by_name() {
                let names: Vec<&String> = by_name.map(|(key, _)| key).collect();
                prop_assert!(names.is_sorted());
                prop_assert_eq!(names.len(), gathered.len());
            }
            prop_assert_eq!(gathered.remove(&removed), inserted.remove(&removed));
            prop_assert!(gathered.iter_by_name().is_none());
            gathered.insert(removed.clone(), -1);
            inserted.insert(removed.clone(), -1);
            let list = |map: &SMap<String, i32>| -> Vec<(String, i32)> {
                map.iter().map(|(key, n)| (key.clone(), *n)).collect()
            };
            prop_assert_eq!(list(&gathered), list(&inserted));
        }
    }
}
