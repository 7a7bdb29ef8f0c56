-- 001_test_user: the document's test user, with onboarding profile and ritual preferences.
-- Why: for development and tests. Running it again changes nothing, not even what was edited since.

insert into public.users (id, email, name, onboarding_completed)
values ('550e8400-e29b-41d4-a716-446655440000', 'test@arami.ai', 'Test User', true)
on conflict (id) do nothing;

insert into public.onboarding_profiles (user_id, disc_type, confidence_score)
values ('550e8400-e29b-41d4-a716-446655440000', 'I', 0.85)
on conflict (user_id) do nothing;

insert into public.ritual_preferences (user_id, timing, duration, style, voice_id, focus_area)
values (
    '550e8400-e29b-41d4-a716-446655440000',
    'morning_person',
    'quick_focused',
    'guided_structure',
    'warm_friend',
    'stress_management'
)
on conflict (user_id) do nothing;
