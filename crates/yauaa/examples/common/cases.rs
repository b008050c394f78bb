//! The agents of the test cases.

#[path = "../../src/compile/yaml.rs"]
mod yaml;

use yaml::Yaml;

/// All of them, in the order of the files.
pub fn agents() -> Vec<String> {
    let folder = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../.assets/yauaa/UserAgents"
    );
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .expect("run scripts/setup-yauaa.sh")
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let mut agents = Vec::new();
    for file in files {
        let document = yaml::parse(&std::fs::read_to_string(file).unwrap()).unwrap();
        for entry in document.get("config").map_or(&[][..], Yaml::items) {
            let test = entry
                .pairs()
                .first()
                .filter(|(kind, _)| kind.text() == "test");
            let input = test.and_then(|(_, body)| body.get("input"));
            let agent = input.and_then(|input| input.get("user_agent_string"));
            agents.extend(agent.map(|agent| agent.text().to_owned()));
        }
    }
    agents
}
