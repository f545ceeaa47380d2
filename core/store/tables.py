"""Tables of the store. A change here needs a migration in `migrations/versions` beside it."""

from sqlalchemy import (
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

METADATA = MetaData()

experiments = Table(
    "experiments",
    METADATA,
    Column("id", String(20), primary_key=True),
    Column("content", Text, nullable=False, doc="JSON, as `Experiment.to_dict` gives it"),
    Column("network", String(250), nullable=False, server_default="", doc="the one it begins with"),
    Column("created", Float, nullable=False, doc="seconds since 1970"),
)

results = Table(
    "results",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("experiment", String(20), ForeignKey("experiments.id", ondelete="CASCADE"), nullable=False),
    Column("stage", String(16), nullable=False),
    Column("kind", String(40), nullable=False, doc="what was found out, as in 'fine-tune'"),
    Column("content", Text, nullable=False, doc="JSON: figures with their intervals"),
    Column("artefact", String(64), doc="hash of the file with weights and masks"),
    Column("seconds", Float, nullable=False),
    Column("versions", String(200), nullable=False),
    Column("machine", String(200), nullable=False),
    Column("created", Float, nullable=False),
    UniqueConstraint("experiment", "stage", "kind", name="one_result_of_a_kind"),
)

artefacts = Table(
    "artefacts",
    METADATA,
    Column("hash", String(64), primary_key=True),
    Column("size", Integer, nullable=False, doc="bytes"),
    Column("used", Float, nullable=False, doc="seconds since 1970, when it was last read or written"),
)

visits = Table(
    "visits",
    METADATA,
    Column("id", String(64), primary_key=True, doc="hash of the browser's key, which itself is kept nowhere"),
    Column("state", Text, nullable=False, doc="JSON: what the visit has in hand"),
    Column("created", Float, nullable=False),
    Column("seen", Float, nullable=False),
)

nodes = Table(
    "nodes",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("visit", String(64), ForeignKey("visits.id", ondelete="CASCADE"), nullable=False),
    Column("experiment", String(20), ForeignKey("experiments.id", ondelete="CASCADE"), nullable=False),
    Column("name", String(120), nullable=False, default=""),
    Column("note", Text, nullable=False, default=""),
    Column("created", Float, nullable=False),
    UniqueConstraint("visit", "experiment", name="one_node_of_an_experiment"),
)

holds = Table(
    "holds",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("visit", String(64), ForeignKey("visits.id", ondelete="CASCADE"), nullable=False),
    Column("artefact", String(64), ForeignKey("artefacts.hash", ondelete="CASCADE"), nullable=False),
    UniqueConstraint("visit", "artefact", name="one_hold_of_an_artefact"),
)

classrooms = Table(
    "classrooms",
    METADATA,
    Column("code", String(6), primary_key=True),
    Column("teacher", String(64), nullable=False, doc="hash of the key in the teacher's link, which is kept nowhere"),
    Column("version", Integer, nullable=False, doc="one more with every change of anything in the class"),
    Column("activity", String(16), nullable=False, doc="'lesson', 'challenge' or 'quiz'"),
    Column("subject", String(120), nullable=False, doc="name of the lesson or challenge; 'before' or 'after'"),
    Column("step", Integer, nullable=False),
    Column("phase", String(8), nullable=False, doc="of a guess: 'wait', 'guess' or 'shown'"),
    Column("free", Integer, nullable=False, doc="1 where everybody goes at their own pace"),
    Column("created", Float, nullable=False, doc="seconds since 1970"),
)

members = Table(
    "members",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("classroom", String(6), ForeignKey("classrooms.code", ondelete="CASCADE"), nullable=False),
    Column(
        "mark",
        String(64),
        nullable=False,
        doc="hash of the browser's key and the code; nothing of the kind for one removed",
    ),
    Column("role", String(8), nullable=False, doc="'teacher', 'learner', or 'removed'"),
    Column("name", String(60), nullable=False, doc="nickname; '' for a teacher, and for one removed"),
    Column("here", Integer, nullable=False, doc="0 for one who has left"),
    Column("created", Float, nullable=False),
    UniqueConstraint("classroom", "mark", name="one_member_of_a_browser"),
)

guesses = Table(
    "guesses",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("classroom", String(6), ForeignKey("classrooms.code", ondelete="CASCADE"), nullable=False),
    Column("member", Integer, ForeignKey("members.id", ondelete="CASCADE"), nullable=False),
    Column("lesson", String(120), nullable=False),
    Column("step", String(120), nullable=False, doc="id of the prediction within its lesson"),
    Column("value", Float, nullable=False, doc="the number, or the place of the option, from 0"),
    Column("created", Float, nullable=False),
    UniqueConstraint("member", "lesson", "step", name="one_guess_at_a_step"),
)

submissions = Table(
    "submissions",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("classroom", String(6), ForeignKey("classrooms.code", ondelete="CASCADE"), nullable=False),
    Column("member", Integer, ForeignKey("members.id", ondelete="CASCADE"), nullable=False),
    Column("challenge", String(40), nullable=False),
    Column("network", String(64), nullable=False, doc="of which stage of which experiment, so that one counts once"),
    Column("about", Text, nullable=False, doc="JSON: what was submitted, in the words of a link"),
    Column("score", Text, nullable=False, doc="JSON: the figures; '' until they are there"),
    Column("created", Float, nullable=False),
    UniqueConstraint("member", "challenge", "network", name="one_submission_of_a_network"),
)

quiz_answers = Table(
    "quiz_answers",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("classroom", String(6), ForeignKey("classrooms.code", ondelete="CASCADE"), nullable=False),
    Column("member", Integer, ForeignKey("members.id", ondelete="CASCADE"), nullable=False),
    Column("moment", String(8), nullable=False, doc="'before' or 'after'"),
    Column("answers", Text, nullable=False, doc="JSON: the place of each answer, from 0"),
    UniqueConstraint("member", "moment", name="one_quiz_of_a_moment"),
)

tries = Table(
    "tries",
    METADATA,
    Column("what", String(16), primary_key=True, doc="which limit counts it"),
    Column("who", String(64), primary_key=True, doc="hash of the browser's key; '' for everybody together"),
    Column("minute", Integer, primary_key=True, doc="since 1970"),
    Column("number", Integer, nullable=False, doc="tries within that minute"),
)

answers = Table(
    "answers",
    METADATA,
    Column("name", String(64), primary_key=True, doc="hash of what it is about and of the code that found it"),
    Column("content", LargeBinary, nullable=False, doc="zipped JSON, as `core.answers` writes it"),
    Column("size", Integer, nullable=False, doc="bytes of the content"),
    Column("used", Float, nullable=False, doc="seconds since 1970, when it was last read or written, to the hour"),
)

TRIED = nodes.join(experiments, nodes.c.experiment == experiments.c.id)
"""What visits have tried: nodes with their experiments."""

Index("nodes_of_a_visit", nodes.c.visit, nodes.c.created)
Index("experiments_by_network", experiments.c.network)
Index("artefacts_by_age", artefacts.c.used)
Index("classrooms_by_age", classrooms.c.created)
Index("guesses_of_a_step", guesses.c.classroom, guesses.c.lesson, guesses.c.step)
Index("submissions_of_a_class", submissions.c.classroom, submissions.c.challenge)
Index("quiz_answers_of_a_class", quiz_answers.c.classroom)
Index("tries_by_age", tries.c.minute)
Index("answers_by_age", answers.c.used)
