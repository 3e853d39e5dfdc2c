//! Savers that meet: of two at once one wins and the other loses nothing (C-02), and one form is one save however
//! often and whenever it arrives (C-03).

use crate::vendor_side::{PRIYA, Signed, invited, options};
use api::{
    domain::Role,
    usecases::{
        respondents::{self, AddRespondent},
        vendors::ContactInput,
    },
};
use tests::{app::TestApp, browser::Page, database::TestDatabase, on_both_databases};

on_both_databases!(
    c_02_of_hundreds_of_pairs_of_savers_one_wins_each_time_and_the_other_keeps_its_words,
    c_03_one_form_sent_up_to_ten_times_at_once_and_after_a_restart_is_one_save,
);

/// Single-choice questions that are shown from the beginning.
const QUESTIONS: [&str; 3] = ["SEC-GOV-01", "SEC-GOV-02", "SEC-GOV-03"];
const TOM: &str = "tom@lumen.example";

fn address(question: &str) -> String {
    format!("/portal/questions/{question}")
}

/// A save of one question as its form sends it.
struct Save<'a> {
    question: &'a str,
    choice: &'a str,
    note: String,
    revision: i64,
    mutation: String,
}

impl Save<'_> {
    async fn send(&self, by: &Signed) -> Page {
        let (address, revision) = (address(self.question), self.revision.to_string());
        let fields = [
            ("revision", revision.as_str()),
            ("mutation", &self.mutation),
            ("go", &address),
            ("choice", self.choice),
            ("note", &self.note),
        ];
        by.post(&address, &fields).await
    }
}

/// Revision and note of a question as its page shows them.
async fn shown(by: &Signed, question: &str) -> (String, String) {
    let page = by.client.open(&address(question)).await.expect(200);
    let values = page.form(&address(question)).values();
    (values["revision"][0].clone(), values["note"][0].clone())
}

async fn c_02_of_hundreds_of_pairs_of_savers_one_wins_each_time_and_the_other_keeps_its_words(
    database: TestDatabase,
) {
    let app = TestApp::on(database).await;
    let (path, _) = invited(&app).await;
    let new =
        ContactInput { name: "Tom Okafor".to_owned(), email: TOM.to_owned(), ..ContactInput::default() };
    let ctx = app.ctx(Role::Procurement).await;
    let assessment = path.rsplit('/').next().unwrap().parse().unwrap();
    respondents::add(&ctx, assessment, &AddRespondent { contact: None, new }, &tests::key()).await.unwrap();
    app.run_jobs().await;
    let (priya, tom) = (Signed::come_in(&app, PRIYA).await, Signed::come_in(&app, TOM).await);
    let mut choices = Vec::new();
    for question in QUESTIONS {
        choices.push(options(&priya.client, question).await);
    }

    let mut wins = [0, 0];
    for pair in 0..tests::tries(200, 10_000) {
        let at = pair % QUESTIONS.len();
        let revision = i64::try_from(pair / QUESTIONS.len()).unwrap();
        let save = |who: usize, name: &str| Save {
            question: QUESTIONS[at],
            choice: &choices[at][who],
            note: format!("{name} in pair {pair}."),
            revision,
            mutation: format!("{name}-{pair}"),
        };
        let saves = [save(0, "Priya"), save(1, "Tom")];
        let (one, other) = futures_util::future::join(saves[0].send(&priya), saves[1].send(&tom)).await;
        let (winner, lost) = match (one.status.as_u16(), other.status.as_u16()) {
            (303, 412) => (0, other),
            (412, 303) => (1, one),
            statuses => panic!("pair {pair}: {statuses:?}"),
        };
        wins[winner] += 1;
        let (winner, loser) = (&saves[winner], &saves[1 - winner]);
        assert!(lost.text().contains(&winner.note), "the page shows what was saved:\n{}", lost.text());
        let form = lost.form(&address(QUESTIONS[at])).values();
        assert_eq!(form["note"], [loser.note.as_str()], "the words typed are still there");
        assert_eq!(form["choice"], [loser.choice]);
        assert_eq!(form["revision"], [(revision + 1).to_string()]);
        assert_eq!(shown(&tom, QUESTIONS[at]).await, ((revision + 1).to_string(), winner.note.clone()));
    }
    assert!(wins[0] > 0 && wins[1] > 0, "the two really race: {wins:?}");
}

async fn c_03_one_form_sent_up_to_ten_times_at_once_and_after_a_restart_is_one_save(database: TestDatabase) {
    let mut app = TestApp::on(database).await;
    invited(&app).await;
    let priya = Signed::come_in(&app, PRIYA).await;
    let choices = options(&priya.client, QUESTIONS[0]).await;
    let answer = |page: &Page| (page.status.as_u16(), page.headers["location"].clone(), page.body.clone());
    let mut sent = Vec::new();
    for times in 2..=10 {
        let save = Save {
            question: QUESTIONS[0],
            choice: &choices[times % 2],
            note: format!("Sent {times} times."),
            revision: i64::try_from(times).unwrap() - 2,
            mutation: format!("form-{times}"),
        };
        let answers = futures_util::future::join_all((0..times).map(|_| save.send(&priya))).await;
        for page in &answers {
            assert_eq!(page.status, 303, "{}", page.text());
            assert_eq!(answer(page), answer(&answers[0]));
        }
        assert_eq!(shown(&priya, QUESTIONS[0]).await, ((times - 1).to_string(), save.note.clone()));
        sent.push((save, answer(&answers[0])));
    }
    app.restart().await;
    for (save, first) in &sent {
        let page = save.send(&priya).await;
        assert_eq!(page.status, 303, "{}", page.text());
        assert_eq!(answer(&page), *first, "a form of before the restart is answered as it was then");
    }
    assert_eq!(shown(&priya, QUESTIONS[0]).await, ("9".to_owned(), "Sent 10 times.".to_owned()));
}
