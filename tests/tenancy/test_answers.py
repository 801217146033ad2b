"""Answers kept for repeated requests."""

from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import text

from rex_celery import db
from rex_celery.errors import ConflictError
from rex_celery.tenancy import answers
from rex_celery.tenancy.answers import Answer, Question


def a_question(tenant: UUID) -> Question:
    return Question(tenant, "order-7", "POST", "/missions", "hash")


def test_the_same_question_gets_the_same_answer(tenant: UUID) -> None:
    question = a_question(tenant)
    with db.transaction(tenant) as session:
        assert answers.find(session, question) is None
        answers.keep(session, question, Answer(201, "{}"))
    with db.transaction(tenant) as session:
        assert answers.find(session, question) == Answer(201, "{}")


def test_another_question_with_the_same_key_is_refused(tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        answers.keep(session, a_question(tenant), Answer(201, "{}"))
    with pytest.raises(ConflictError) as refusal, db.transaction(tenant) as session:
        answers.find(session, replace(a_question(tenant), request_hash="other"))
    assert (refusal.value.status, refusal.value.code) == (422, "idempotency_key_reused")


def test_a_question_that_is_being_answered_is_refused(tenant: UUID) -> None:
    with db.transaction(tenant) as first:
        answers.find(first, a_question(tenant))
        with pytest.raises(ConflictError) as refusal, db.transaction(tenant) as second:
            answers.find(second, a_question(tenant))
    assert (refusal.value.status, refusal.value.code) == (409, "idempotency_in_progress")


def test_a_claimed_question_is_refused_until_it_is_answered_or_abandoned(tenant: UUID) -> None:
    question = a_question(tenant)
    with db.transaction(tenant) as session:
        answers.claim(session, question)
    with pytest.raises(ConflictError), db.transaction(tenant) as session:
        answers.find(session, question)
    with db.transaction(tenant) as session:
        answers.abandon(session, question)
    with db.transaction(tenant) as session:
        assert answers.find(session, question) is None


def test_two_tenants_may_use_one_key(tenant: UUID, other_tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        answers.keep(session, a_question(tenant), Answer(201, "{}"))
    with db.transaction(other_tenant) as session:
        assert answers.find(session, a_question(other_tenant)) is None


def test_an_answer_is_forgotten_after_a_day_and_a_claim_whose_process_died_after_an_hour(tenant: UUID) -> None:
    question = a_question(tenant)
    with db.transaction(tenant) as session:
        answers.keep(session, question, Answer(201, "{}"))
        session.execute(text("UPDATE idempotency_keys SET created_at = now() - interval '25 hours'"))
        assert answers.find(session, question) is None
        answers.purge(session)
        assert session.execute(text("SELECT count(*) FROM idempotency_keys")).scalar_one() == 0
        answers.claim(session, question)
        session.execute(text("UPDATE idempotency_keys SET created_at = now() - interval '61 minutes'"))
        assert answers.find(session, question) is None
