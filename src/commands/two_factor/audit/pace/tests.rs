//! A pace that nobody has to wait for: the clock is paused.

use std::cell::RefCell;

use futures_util::future::join_all;

use super::*;

#[derive(Default)]
struct Heard(RefCell<Vec<String>>);

impl Notices for Heard {
    fn waiting(&self, text: &str) {
        self.0.borrow_mut().push(text.to_owned());
    }
}

fn busy() -> ApiError {
    ApiError::Throttled {
        host: "h".to_owned(),
        wait: None,
    }
}

fn garbage() -> ApiError {
    ApiError::Garbage {
        host: "h".to_owned(),
        reason: "r".to_owned(),
    }
}

/// Asks so often side by side, each request taking 50 ms, and counts how many are under way.
async fn crowd(pace: &Pace, number: usize) -> usize {
    let (now, most) = (Cell::new(0), Cell::new(0));
    let asked = (0..number).map(|_| {
        pace.ask(|| async {
            now.set(now.get() + 1);
            most.set(most.get().max(now.get()));
            sleep(Duration::from_millis(50)).await;
            now.set(now.get() - 1);
            Ok(())
        })
    });
    assert!(join_all(asked).await.iter().all(Result::is_ok));
    most.get()
}

// Issue 12, 1
#[tokio::test(start_paused = true)]
async fn a_bounded_number_of_requests_is_under_way_and_no_fewer() {
    let pace = Pace::new(Rc::new(Heard::default()));
    let began = Instant::now();
    assert_eq!(crowd(&pace, 100).await, IN_FLIGHT);
    // A millisecond of the timer's grain for each round.
    let rounds = u32::try_from(100_usize.div_ceil(IN_FLIGHT)).unwrap();
    assert!(began.elapsed() <= Duration::from_millis(51) * rounds);
}

// Issue 12, 1
#[tokio::test(start_paused = true)]
async fn a_busy_service_slows_the_report_down_and_never_ends_it() {
    let heard = Rc::new(Heard::default());
    let pace = Pace::new(Rc::clone(&heard) as Rc<dyn Notices>);
    let left = Cell::new(100);
    let asked = (0..20).map(|_| {
        pace.ask(|| async {
            sleep(Duration::from_millis(50)).await;
            if left.get() == 0 {
                return Ok(());
            }
            left.set(left.get() - 1);
            Err(busy())
        })
    });
    assert!(join_all(asked).await.iter().all(Result::is_ok));
    let said = heard.0.borrow().len();
    // The first burst is one pause; after that one request at a time, with a pause for each.
    assert!((20..=100).contains(&said), "{said}");
    // It comes back to full speed.
    assert_eq!(crowd(&pace, 100).await, IN_FLIGHT);
}

// Issue 12, 1
#[tokio::test(start_paused = true)]
async fn after_a_429_half_as_many_requests_are_under_way() {
    let pace = Pace::new(Rc::new(Heard::default()));
    pace.slow_down(Instant::now(), None);
    let began = Instant::now();
    assert_eq!(crowd(&pace, IN_FLIGHT / 2).await, IN_FLIGHT / 2);
    assert!(began.elapsed() >= FIRST_PAUSE * 3 / 4);
    // At the least one request goes on.
    for _ in 0..5 {
        sleep(Duration::from_secs(1)).await;
        pace.slow_down(Instant::now(), None);
    }
    assert_eq!(crowd(&pace, 1).await, 1);
}

// Issue 12, 1
#[tokio::test(start_paused = true)]
async fn what_the_service_asks_for_is_waited_for() {
    let pace = Pace::new(Rc::new(Heard::default()));
    pace.slow_down(Instant::now(), Some(Duration::from_secs(20)));
    let began = Instant::now();
    crowd(&pace, 1).await;
    assert!(began.elapsed() >= Duration::from_secs(20));
    pace.slow_down(Instant::now(), Some(Duration::MAX));
    let began = Instant::now();
    crowd(&pace, 1).await;
    assert!(began.elapsed() <= LONGEST_ASKED + Duration::from_secs(1));
}

// Issue 12, 2
#[tokio::test(start_paused = true)]
async fn other_failures_are_tried_a_few_times() {
    let pace = Pace::new(Rc::new(Heard::default()));
    let tried = Cell::new(0);
    let outcome: Result<(), _> = pace
        .ask(|| async {
            tried.set(tried.get() + 1);
            Err(garbage())
        })
        .await;
    assert!(outcome.is_err());
    assert_eq!(tried.get(), ATTEMPTS);
    tried.set(0);
    let outcome: Result<(), _> = pace
        .ask(|| async {
            tried.set(tried.get() + 1);
            Err(ApiError::Locked)
        })
        .await;
    assert!(outcome.is_err());
    assert_eq!(tried.get(), 1);
}

// Issue 12, 2
#[tokio::test(start_paused = true)]
async fn a_service_that_was_never_there_is_asked_once() {
    let pace = Pace::new(Rc::new(Heard::default()));
    let refused = || ApiError::Connect {
        host: "h".to_owned(),
        reason: "r".to_owned(),
        sent: false,
        source: "c".into(),
    };
    let tried = Cell::new(0);
    let asked = || {
        pace.ask(|| async {
            tried.set(tried.get() + 1);
            Err::<(), _>(refused())
        })
    };
    assert!(asked().await.is_err() && asked().await.is_err());
    assert_eq!(tried.get(), 2);
    // Once it has answered, it may come back.
    crowd(&pace, 1).await;
    assert!(asked().await.is_err());
    assert_eq!(tried.get(), 2 + ATTEMPTS);
}

// Issue 12, 2
#[tokio::test(start_paused = true)]
async fn a_late_answer_is_asked_for_a_second_time() {
    let pace = Pace::new(Rc::new(Heard::default()));
    let asked = Cell::new(0);
    let began = Instant::now();
    let answer = pace
        .ask(|| async {
            asked.set(asked.get() + 1);
            let turn = asked.get();
            if turn == 1 {
                sleep(Duration::from_secs(100)).await;
            }
            Ok(turn)
        })
        .await;
    assert_eq!(answer.unwrap(), 2);
    assert!(began.elapsed() < LATE * 2);
}
