"""Tiny random classifiers of every common kind, in the form in which the Hub keeps them; nothing of it was trained."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import AutoConfig, AutoModelForSequenceClassification, PreTrainedTokenizerFast

SENTENCES = (
    "opec ministers agree to cut crude oil output after prices fall",
    "wheat exports fall! the harvest was poor, said the ministry of grain",
    "the bank cut its interest rate by half a point today",
    "a film of rare beauty, and a very dull one too",
)
LONGEST = 40
"""Word pieces that each of these networks can read at most."""

CLASSES = ("dull", "fair", "good")

SMALL = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4}
ENCODER = {**SMALL, "max_position_embeddings": LONGEST}
AFTER_PAD = {**SMALL, "max_position_embeddings": LONGEST + 2}
"""Networks that count positions from behind the number of their pad token, 1, as RoBERTa does."""

Marks = Mapping[str, str]
BERT_MARKS = {
    "unk_token": "[UNK]", "pad_token": "[PAD]", "cls_token": "[CLS]", "sep_token": "[SEP]", "mask_token": "[MASK]",
}  # fmt: skip
ROBERTA_MARKS = {
    "bos_token": "<s>", "pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>", "cls_token": "<s>",
    "sep_token": "</s>", "mask_token": "<mask>",
}  # fmt: skip


def word_pieces() -> tuple[Tokenizer, Marks]:
    """BERT's way: lower-case word pieces between [CLS] and [SEP]."""
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = list(dict.fromkeys(("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")))
    tokenizer.train_from_iterator(SENTENCES, trainers.WordPieceTrainer(vocab_size=150, special_tokens=special))
    frame(tokenizer, "[CLS]", "[SEP]")
    return tokenizer, BERT_MARKS


def byte_pairs(special: tuple[str, ...], before: str = "", after: str = "") -> Tokenizer:
    """Byte pairs as GPT-2 and RoBERTa read them; without special pieces number 0 is "!"."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(vocab_size=330, special_tokens=list(special), initial_alphabet=alphabet)
    tokenizer.train_from_iterator(SENTENCES, trainer)
    if after:
        frame(tokenizer, before, after)
    return tokenizer


def unigrams(special: tuple[str, ...], before: str = "", after: str = "") -> Tokenizer:
    """Pieces as sentencepiece cuts them."""
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    trainer = trainers.UnigramTrainer(vocab_size=120, special_tokens=list(special), unk_token="<unk>")
    tokenizer.train_from_iterator(SENTENCES, trainer)
    frame(tokenizer, before, after)
    return tokenizer


def frame(tokenizer: Tokenizer, before: str, after: str) -> None:
    """Let every text begin and end with a piece; "" for none."""
    place = tokenizer.token_to_id
    single = f"{before}:0 $A:0 {after}:0" if before else f"$A:0 {after}:0"
    used = [(mark, place(mark)) for mark in (before, after) if mark]
    tokenizer.post_processor = processors.TemplateProcessing(single=single, special_tokens=used)


def roberta_pieces() -> tuple[Tokenizer, Marks]:
    return byte_pairs(("<s>", "<pad>", "</s>", "<unk>", "<mask>"), "<s>", "</s>"), ROBERTA_MARKS


def xlm_roberta_pieces() -> tuple[Tokenizer, Marks]:
    return unigrams(("<s>", "<pad>", "</s>", "<unk>", "<mask>"), "<s>", "</s>"), ROBERTA_MARKS


def mpnet_pieces() -> tuple[Tokenizer, Marks]:
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["<s>", "<pad>", "</s>", "[UNK]", "<mask>"]
    tokenizer.train_from_iterator(SENTENCES, trainers.WordPieceTrainer(vocab_size=150, special_tokens=special))
    frame(tokenizer, "<s>", "</s>")
    return tokenizer, {**ROBERTA_MARKS, "unk_token": "[UNK]"}


def deberta_pieces() -> tuple[Tokenizer, Marks]:
    return unigrams(("[PAD]", "[CLS]", "[SEP]", "<unk>", "[MASK]"), "[CLS]", "[SEP]"), {
        **BERT_MARKS,
        "unk_token": "<unk>",
    }


def t5_pieces() -> tuple[Tokenizer, Marks]:
    marks = {"pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>"}
    return unigrams(("<pad>", "</s>", "<unk>"), after="</s>"), marks


def gpt2_pieces() -> tuple[Tokenizer, Marks]:
    tokenizer = byte_pairs(())
    tokenizer.add_special_tokens(["<|endoftext|>"])
    return tokenizer, dict.fromkeys(("bos_token", "eos_token", "unk_token"), "<|endoftext|>")


def padded_gpt2_pieces() -> tuple[Tokenizer, Marks]:
    tokenizer, marks = gpt2_pieces()
    return tokenizer, {**marks, "pad_token": "<|endoftext|>"}


GPT2 = {"n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": LONGEST}
DEBERTA = {
    **ENCODER, "relative_attention": True, "max_relative_positions": -1, "pos_att_type": ["p2c", "c2p"],
    "type_vocab_size": 0, "position_biased_input": False,
}  # fmt: skip

KINDS: Mapping[str, tuple[str, Mapping[str, Any], Callable[[], tuple[Tokenizer, Marks]]]] = {
    "bert": ("bert", ENCODER, word_pieces),
    "roberta": ("roberta", AFTER_PAD, roberta_pieces),
    "distilbert": (
        "distilbert",
        {"dim": 32, "hidden_dim": 48, "n_layers": 2, "n_heads": 4, "max_position_embeddings": LONGEST},
        word_pieces,
    ),
    "albert": ("albert", {**ENCODER, "embedding_size": 16}, word_pieces),
    "electra": ("electra", {**ENCODER, "embedding_size": 16}, word_pieces),
    "deberta": ("deberta", DEBERTA, word_pieces),
    "deberta-v2": ("deberta-v2", {**DEBERTA, "conv_kernel_size": 3, "conv_act": "gelu"}, deberta_pieces),
    "deberta-v3": (
        "deberta-v2",
        {**DEBERTA, "share_att_key": True, "position_buckets": 8, "norm_rel_ebd": "layer_norm"},
        deberta_pieces,
    ),
    "xlm-roberta": ("xlm-roberta", AFTER_PAD, xlm_roberta_pieces),
    "mpnet": ("mpnet", AFTER_PAD, mpnet_pieces),
    "modernbert": ("modernbert", {**ENCODER, "global_attn_every_n_layers": 2, "local_attention": 8}, word_pieces),
    "bart": (
        "bart",
        {
            "d_model": 32,
            "encoder_layers": 2,
            "decoder_layers": 1,
            "encoder_attention_heads": 4,
            "decoder_attention_heads": 4,
            "encoder_ffn_dim": 48,
            "decoder_ffn_dim": 48,
            "max_position_embeddings": LONGEST,
        },
        roberta_pieces,
    ),
    "t5": (
        "t5",
        {
            "d_model": 32,
            "d_kv": 8,
            "d_ff": 48,
            "num_layers": 2,
            "num_decoder_layers": 1,
            "num_heads": 4,
            "decoder_start_token_id": 0,
        },
        t5_pieces,
    ),
    "gpt2": ("gpt2", GPT2, gpt2_pieces),
    "gpt2-padded": ("gpt2", GPT2, padded_gpt2_pieces),
}
"""Kind -> transformers' name of its architecture, its sizes, and how it reads texts."""

PACKED_OTHERWISE: Mapping[str, tuple[str, Mapping[str, Any], Callable[[], tuple[Tokenizer, Marks]]]] = {
    "gpt-bigcode": ("gpt_bigcode", {**GPT2, "multi_query": False}, gpt2_pieces),
    "gpt-bigcode-shared": ("gpt_bigcode", {**GPT2, "multi_query": True}, gpt2_pieces),
    "bloom": ("bloom", {"hidden_size": 32, "n_layer": 2, "n_head": 4}, gpt2_pieces),
    "gpt-neox": ("gpt_neox", ENCODER, gpt2_pieces),
}
"""The same of networks whose query, key and value lie in one matrix head by head, or are shared by heads; two of them
call it as GPT-2 does."""


def write_text_classifier(kind: str, folder: Path, **further: Any) -> Path:
    """Write a classifier of a kind with random weights; further: what its configuration says besides."""
    architecture, sizes, pieces = {**KINDS, **PACKED_OTHERWISE}[kind]
    tokenizer, marks = pieces()
    places = {f"{name}_id": tokenizer.token_to_id(mark) for name, mark in marks.items() if name in NUMBERED}
    config = AutoConfig.for_model(
        architecture,
        **{
            "vocab_size": tokenizer.get_vocab_size(),
            "id2label": dict(enumerate(CLASSES)),
            "label2id": {name: place for place, name in enumerate(CLASSES)},
            **({"pad_token_id": None} if pieces is gpt2_pieces or architecture == "gpt2" else {}),
            **sizes,
            **places,
            **further,
        },
    )
    torch.manual_seed(0)
    model = AutoModelForSequenceClassification.from_config(config)
    with torch.no_grad():
        for parameter in model.parameters():  # so far apart that classes and positions matter
            parameter.add_(torch.randn_like(parameter) * 0.3)
    model.save_pretrained(folder)
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=LONGEST, **marks).save_pretrained(folder)
    return folder


NUMBERED = ("pad_token", "bos_token", "eos_token", "cls_token", "sep_token")


def change_config(folder: Path, name: str = "config.json", **changes: Any) -> None:
    """Say something else in a configuration."""
    path = folder / name
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))
