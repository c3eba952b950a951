-- What there is to ask of these scores, a line a question; of grades where there are
-- any: from help();
{{ config(materialized="table_function", parameters=[]) }}

with

grades as (select * from {{ ref("score_grade_outlook") }}),

questions as (
    select
        asked.line,
        asked.function,
        asked.question
    from (
        values
        (1, 'top_users(20)', 'Whom should we talk to, and why?'),
        (2, 'worklist', 'Whom should we work on today?'),
        (3, 'explain_user(''u42'')', 'Where do one person''s points come from?'),
        (4, 'score_now(''u42'')', 'What is it now, with the newest events?'),
        (5, 'path_to_band(''u42'')', 'What would bring one into the next band?'),
        (6, 'explain_propensity(''u42'')', 'What does the trained model make of one?'),
        (7, 'explain_scores()', 'What does each rule give, over all?'),
        (8, 'why_changed(''u42'')', 'Why did a score change the last time?'),
        (9, 'score_history(''u42'')', 'What was it on earlier days?'),
        (10, 'top_changes(20)', 'Whose score moved most in the last build?'),
        (11, 'score_quality()', 'What did each band convert at, before?'),
        (12, 'experiment(''name'')', 'What came of an experiment?'),
        (13, 'top_accounts(20)', 'Which companies should we talk to?'),
        (14, 'explain_account(''acme'')', 'Where do a company''s points come from?'),
        (15, 'excluded_users', 'Who is left out of scores, and why?'),
        (16, 'score_grade_outlook', 'What does each grade convert at?')
    ) as asked (line, function, question)
),

answers as (
    select function_name as name
    from duckdb_functions()
    where not internal and function_type = 'table_macro'
    union
    select table_name as name
    from duckdb_tables()
)

select
    concat('from ', questions.function, ';') as ask,
    questions.question
from questions
inner join answers
    on split_part(questions.function, '(', 1) = answers.name
where questions.line < 16 or exists (select grades.grade from grades)
order by questions.line
