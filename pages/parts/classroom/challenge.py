"""A challenge: what is in hand is submitted, scored off the page on test data, and set on the board with its range."""

import logging
import threading

import pandas as pd
import streamlit as st

from core.charts import BoardPoint, board_chart
from core.classroom import (
    CHALLENGES,
    MOST_SUBMISSIONS,
    Challenge,
    Member,
    Score,
    Standing,
    Status,
    note_submission,
    qualifies,
    save_score,
    withdraw_submission,
)
from core.errors import PlaygroundError
from core.jobs.job import Job
from core.language import text
from core.store import Store
from pages.parts.classroom import state
from pages.parts.classroom.follow import follow
from pages.parts.classroom.state import Inside
from pages.shared.bar import choose_in_hand
from pages.shared.charts import draw_chart
from pages.shared.errors import show_errors
from pages.shared.format import format_bytes, format_interval, format_percent, format_quality
from pages.shared.in_hand import InHand
from pages.shared.storage import store
from pages.shared.visitor_work import submit_job
from pages.shared.words import t, t_of


def show_challenge(inside: Inside) -> None:
    """Draw the challenge where the class is, for a learner with what is in hand; and the board."""
    challenge = CHALLENGES.get(inside.status.subject)
    if challenge is None:
        follow(inside)
        return
    st.markdown(f"# {t(challenge.title)}")
    st.markdown(t(challenge.help))
    hand, board = st.container(), st.container()
    with board:
        follow(inside, lambda now: _show_board(now, challenge, inside.me.id))
    if not inside.teaches:
        with hand:
            _offer_to_submit(inside, challenge)  # last, since it ends the run where a network has to be fetched first


def _offer_to_submit(inside: Inside, challenge: Challenge) -> None:
    with show_errors():
        top, details = st.container(), st.container()
        hand = choose_in_hand(top, details)
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            if st.button(t("Submit what is in hand"), type="primary", key="submit"):
                with show_errors():
                    _submit(inside, challenge, hand)
                    st.toast(t("Submitted. It is being scored."))
            st.page_link("pages/fine_tune.py", label=t("Fine-tune it first"), icon=":material/healing:")


def _submit(inside: Inside, challenge: Challenge, hand: InHand) -> None:
    """Note a submission and have it scored; nothing is lost if that cannot be."""
    about = {**hand.experiment.to_link(), "stage": hand.subject.stage}
    number = note_submission(store(), inside.code, inside.me, challenge.name, hand.subject.network, about)
    try:
        job = submit_job("challenge", hand.subject, challenge.name)
    except PlaygroundError:
        withdraw_submission(store(), inside.code, inside.me, number)
        raise
    about_it = (job, store(), inside.code, inside.me, number)
    threading.Thread(target=_keep_when_scored, args=about_it, daemon=True).start()


def _keep_when_scored(job: Job, kept_in: Store, code: str, member: Member, number: int) -> None:
    """Write a score down once it is there, on a thread that belongs to no page; one that failed does not count."""
    try:
        job.ended.wait()
        if job.state == "done" and job.results:
            save_score(kept_in, code, member, number, job.results[-1])
        else:
            withdraw_submission(kept_in, code, member, number)
    except PlaygroundError:
        return  # the class was deleted meanwhile, or the store is gone
    except Exception:
        logging.exception("a score could not be kept")


def _show_board(now: Status, challenge: Challenge, member: int) -> None:
    """Draw who stands where, and what is still being scored."""
    found = state.submissions_of(now, challenge.name)
    names = {each.id: each.name for each in state.learners_of(now)}
    mine = [each for each in found if each.member == member]
    waiting = sum(each.waiting for each in found)
    if member in names:
        left = MOST_SUBMISSIONS - sum(each.score is not None or each.waiting for each in mine)
        st.caption(t_of("You have {count} submission left.", "You have {count} submissions left.", left))
    if waiting:
        st.caption(t_of("{count} submission is being scored ...", "{count} submissions are being scored ...", waiting))
    standings = state.standings_of(now, challenge)
    if not standings:
        st.caption(t("Nobody stands on the board yet."))
        return
    st.dataframe(pd.DataFrame([_row(challenge, each, names) for each in standings]), hide_index=True, width="stretch")
    points = [_point(challenge, each, names.get(each.member, "")) for each in standings]
    draw_chart(
        board_chart(points, _unit(challenge), st.context.theme.type or "light"),
        "board",
        [text("The board as points with their ranges; the table above has the same figures.")],
    )
    st.caption(
        t(
            "Scored on test pictures that are shown nowhere else. Who cannot be told apart shares a rank. Each line is "
            "the best of up to {most} tries, which flatters a little.",
            most=MOST_SUBMISSIONS,
        )
    )


def _row(challenge: Challenge, standing: Standing, names: dict[int, str]) -> dict[str, str]:
    score = standing.score
    row = {
        t("Rank"): str(standing.rank or ""),
        t("Nickname"): names.get(standing.member, ""),
        t("Accuracy"): format_quality(score.quality),
        t("95 % range"): format_interval(score.quality),
        t("Removed"): format_percent(score.sparsity),
        t("Zipped file"): format_bytes(score.size),
    }
    if challenge.ranked == "time":
        low, high = format_percent(score.time_low, 0), format_percent(score.time_high, 0)
        row[t("Time, of the whole network's")] = format_percent(score.time, 0)
        row[t("95 % range of the time")] = t("{low} to {high}", low=low, high=high)
    kept = t("yes") if qualifies(challenge, score) else t("no")
    return {**row, t("Keeps to the rules"): kept, t("Tries"): str(standing.tries)}


def _point(challenge: Challenge, standing: Standing, name: str) -> BoardPoint:
    value, low, high = _figure(challenge, standing.score)
    return BoardPoint(name, value, low, high, bool(standing.rank))


def _figure(challenge: Challenge, score: Score) -> tuple[float, float, float]:
    if challenge.ranked == "size":
        return (score.size / 1e3,) * 3
    if challenge.ranked == "time":
        return 100 * score.time, 100 * score.time_low, 100 * score.time_high
    return 100 * score.quality.value, 100 * score.quality.low, 100 * score.quality.high


def _unit(challenge: Challenge) -> str:
    units = {"size": t("kB, zipped"), "time": t("% of the whole network's time"), "quality": t("% named rightly")}
    return units[challenge.ranked]
