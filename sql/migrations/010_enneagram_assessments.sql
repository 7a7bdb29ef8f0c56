-- 010_enneagram_assessments: every Enneagram assessment a person took.
-- Why: a person may take it again; the history is kept, the profile holds the current type.

create table public.enneagram_assessments (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null default auth.uid(),
    enneagram_type integer not null,
    wing_type integer,
    confidence_score decimal(3, 2),
    type_scores jsonb,
    conversation_transcript text,
    assessment_duration_seconds integer,
    assessment_version text not null default '1.0',
    completed_at timestamptz not null default now(),
    created_at timestamptz not null default now(),
    constraint chk_enneagram_assessments_enneagram_type check (enneagram_type between 1 and 9),
    constraint chk_enneagram_assessments_wing_type check (wing_type between 1 and 9),
    constraint chk_enneagram_assessments_confidence_score check (
        confidence_score between 0.50 and 1.00
    ),
    constraint fk_enneagram_assessments_users foreign key (user_id)
    references public.users (id) on delete cascade
);

create index idx_enneagram_assessments_user_id on public.enneagram_assessments (user_id);
create index idx_enneagram_assessments_type on public.enneagram_assessments (enneagram_type);

create trigger audit_enneagram_assessments_update
after update on public.enneagram_assessments
referencing old table as old_rows new table as new_rows
for each statement execute function audit.record_change();

create trigger audit_enneagram_assessments_delete
after delete on public.enneagram_assessments
referencing old table as old_rows
for each statement execute function audit.record_change();

alter table public.enneagram_assessments enable row level security;

create policy "Users can only access their own assessments" on public.enneagram_assessments
for all to authenticated
using ((select auth.uid()) = user_id)
with check ((select auth.uid()) = user_id);

revoke all on table public.enneagram_assessments from public, anon, authenticated, service_role;
grant select, insert, update, delete on table public.enneagram_assessments
to authenticated, service_role;

comment on table public.enneagram_assessments is
'Enneagram assessments with wing, scores and the version of the questionnaire.';
comment on column public.enneagram_assessments.type_scores is
'Scores of all nine types, such as {"1": 0.12, "4": 0.81, "9": 0.35}.';
comment on column public.enneagram_assessments.confidence_score is
'How sure the AI is of the type, 0.50 to 1.00.';
comment on column public.enneagram_assessments.assessment_duration_seconds is
'Length of the assessment, in seconds.';
comment on policy "Users can only access their own assessments"
on public.enneagram_assessments is
'A signed-in user reads and writes their own assessments only.';
