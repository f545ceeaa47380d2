"""The quiz of eight questions, before and after; names stand beside nothing of it."""

import streamlit as st

from core.classroom import MOMENTS, Gain, QuizAnswers, Status, count_right, mean_gain, mean_right, save_quiz
from core.language import text
from core.lessons import Review, read_quiz
from pages.parts.classroom import state
from pages.parts.classroom.follow import follow
from pages.parts.classroom.state import Inside
from pages.shared.errors import show_errors
from pages.shared.storage import store
from pages.shared.words import language, t, t_of

QUIZZES = {"before": text("The quiz before"), "after": text("The quiz after")}


def show_quiz(inside: Inside) -> None:
    """Draw the quiz where the class is: for a learner the questions, for the teacher how it went."""
    moment, questions = inside.status.subject, read_quiz(language())
    if moment not in MOMENTS:
        follow(inside)
        return
    if inside.teaches:
        follow(inside, lambda now: _show_figures(now, questions, moment))
        return
    st.markdown(f"# {t(QUIZZES[moment])}")
    mine = {each.moment: each for each in state.quizzes_of(inside.status) if each.member == inside.me.id}
    if moment not in mine:
        _ask(inside, questions, moment)
    elif moment == "before":
        st.success(t("Thank you. The answers come after the quiz at the end."), icon=":material/check:")
    else:
        _show_own(questions, mine)
    follow(inside)


def _ask(inside: Inside, questions: tuple[Review, ...], moment: str) -> None:
    st.caption(t("Answer all; a guess is fine. What you answer is counted without your name."))
    with st.form(f"quiz {moment}"):
        said = []
        for number, question in enumerate(questions, 1):
            st.markdown(f"**{number}. {question.ask}**")
            said.append(
                st.radio(
                    question.ask,
                    range(len(question.answers)),
                    index=None,
                    format_func=question.answers.__getitem__,
                    key=f"quiz {moment} {number}",
                    label_visibility="collapsed",
                )
            )
        if st.form_submit_button(t("Send my answers"), type="primary"):
            with show_errors():
                answers = [-1 if each is None else each for each in said]
                save_quiz(store(), inside.code, inside.me, moment, answers)
                st.rerun()


def _show_own(questions: tuple[Review, ...], mine: dict[str, QuizAnswers]) -> None:
    """Show a learner what was right, and why."""
    columns = st.columns(2, gap="small")
    for column, moment, label in zip(columns, MOMENTS, (t("Right before"), t("Right after")), strict=True):
        if moment in mine:
            right = count_right(questions, mine[moment].answers)
            column.metric(label, t("{right} of {all}", right=right, all=len(questions)), border=True)
    for number, question in enumerate(questions, 1):
        said = mine["after"].answers[number - 1] if number <= len(mine["after"].answers) else -1
        best = question.answers[question.right]
        verdict = t("Right.") if said == question.right else t("Not quite: {answer}", answer=best)
        st.markdown(f"**{number}. {question.ask}**\n\n{verdict} {question.why}")


def _show_figures(now: Status, questions: tuple[Review, ...], moment: str) -> None:
    """Show a teacher how many have answered, and what the class gained."""
    found = state.quizzes_of(now)
    answered = sum(each.moment == moment for each in found)
    st.markdown(f"# {t(QUIZZES[moment])}")
    st.metric(
        t("Have answered"),
        t_of("{count} learner", "{count} learners", answered),
        t("{count} here", count=sum(each.here for each in state.learners_of(now))),
        "off",
        delta_arrow="off",
        border=True,
    )
    columns = st.columns(3, gap="small")
    for column, each, label in zip(columns, MOMENTS, (t("Right before"), t("Right after")), strict=False):
        right = mean_right(questions, found, each)
        if right is not None:
            column.metric(label, f"{right.value:.1f}", _range(right), "off", delta_arrow="off", border=True)
    gain = mean_gain(questions, found)
    if gain is not None:
        said = _range(gain)
        columns[2].metric(t("Mean gain"), f"{gain.value:+.1f}", said, "off", delta_arrow="off", border=True)
        st.caption(
            t_of(
                "Of {of} questions; the gain is of the {count} learner who answered both, with its 95 % range.",
                "Of {of} questions; the gain is of the {count} learners who answered both, with its 95 % range.",
                gain.learners,
                of=gain.of,
            )
        )


def _range(gain: Gain) -> str:
    if gain.learners < 2:
        return t("one learner, so no range")
    return t("{low:.1f} to {high:.1f}", low=gain.low, high=gain.high)
