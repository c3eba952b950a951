-- What there is to ask of these scores, a line a question: from help();
{{ config(materialized="table_function", parameters=[]) }}

with

questions as (
    select
        asked.line,
        asked.function,
        asked.question
    from (
        values
        (1, 'top_users(20)', 'Whom should we talk to, and why?'),
        (2, 'explain_user(''u42'')', 'Where do one person''s points come from?'),
        (3, 'score_now(''u42'')', 'What is it now, with the newest events?'),
        (4, 'explain_propensity(''u42'')', 'What does the trained model make of one?'),
        (5, 'explain_scores()', 'What does each rule give, over all?'),
        (6, 'why_changed(''u42'')', 'Why did a score change the last time?'),
        (7, 'score_history(''u42'')', 'What was it on earlier days?'),
        (8, 'top_changes(20)', 'Whose score moved most in the last build?'),
        (9, 'score_quality()', 'What did each band convert at, before?'),
        (10, 'experiment(''name'')', 'What came of an experiment?'),
        (11, 'top_accounts(20)', 'Which companies should we talk to?'),
        (12, 'explain_account(''acme'')', 'Where do a company''s points come from?'),
        (13, 'excluded_users', 'Who is left out of scores, and why?')
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
order by questions.line
