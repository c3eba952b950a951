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
        (2, 'explain_user(''u42'')', 'Where do the points of one person come from?'),
        (3, 'explain_scores()', 'What does each rule give, over everybody?'),
        (4, 'why_changed(''u42'')', 'Why did a score change the last time?'),
        (5, 'score_history(''u42'')', 'What was it on earlier days?'),
        (6, 'top_changes(20)', 'Whose scores moved most with the last build?'),
        (7, 'score_quality()', 'How many of each band converted, at past dates?'),
        (8, 'experiment(''name'')', 'What came of an experiment?')
    ) as asked (line, function, question)
),

functions as (
    select distinct function_name
    from duckdb_functions()
    where not internal and function_type = 'table_macro'
)

select
    concat('from ', questions.function, ';') as ask,
    questions.question
from questions
inner join functions
    on split_part(questions.function, '(', 1) = functions.function_name
order by questions.line
