//! The pages of the shop and the places its visitors come from.

/// A page: path and title.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    /// Path of its address.
    pub path: &'static str,
    /// Its title.
    pub title: &'static str,
}

const fn page(path: &'static str, title: &'static str) -> Page {
    Page { path, title }
}

/// The first page.
pub const HOME: Page = page("/", "Example Shop");

/// All pages, popular ones first.
pub const PAGES: [Page; 12] = [
    HOME,
    page("/shoes", "Shoes – Example Shop"),
    page("/shoes/trail-runner-3", "Trail Runner 3 – Example Shop"),
    page("/basket", "Your basket"),
    page(
        "/search?q=running+shoes&sort=price",
        "Search: running shoes",
    ),
    page("/checkout/address", "Checkout"),
    page(
        "/blog/2023/11/waterproof-or-breathable",
        "Waterproof or breathable?",
    ),
    page(
        "/fr/chaussures-%C3%A0-lacets",
        "Chaussures à lacets | Example",
    ),
    page("/account/orders", "Your orders"),
    page("/help/returns#how-long", "Returns"),
    page("/de/schuhe/gr%C3%B6%C3%9Fentabelle", "Größentabelle"),
    page("/jackets/rain?colour=blue&size=m", "Rain jackets"),
];

/// Hosts of the shop.
pub const HOSTS: [&str; 3] = ["www.shop.example", "m.shop.example", "blog.shop.example"];

/// Where visitors come from; the demo's referrer database knows some of these.
pub const REFERRERS: [&str; 8] = [
    "https://search.example/results?q=trail%20running%20shoes",
    "https://www.shop.example/shoes",
    "https://social.example/feed",
    "https://search.example/?q=rain+jacket",
    "https://mail.example/inbox/4711",
    "https://news.example.org/2023/11/best-shoes-of-the-year",
    "http://www.example.net/links?page=2#top",
    "https://ads.example/click?campaign=autumn",
];

/// Campaign parameters of the address, most visits have none.
pub const CAMPAIGNS: [&str; 5] = [
    "utm_source=newsletter&utm_medium=email&utm_campaign=autumn_sale",
    "utm_source=search.example&utm_medium=cpc&utm_campaign=brand&utm_term=trail%20shoes",
    "utm_source=social.example&utm_medium=paid-social&utm_campaign=video&utm_content=variant-b",
    "gclid=EAIaIQobChMIexampleexample",
    "_sp=6f9e3b1c-9f2a-4b7e-8f6d-0a1b2c3d4e5f.1699999990000",
];
