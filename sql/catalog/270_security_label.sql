-- 270_security_label: labels of security modules on objects of ours.
select
    i.type as kind,
    i.identity as object,
    pg_catalog.concat('security label of ', l.provider) as property,
    l.label as value
from pg_catalog.pg_seclabel as l
cross join lateral pg_catalog.pg_identify_object(l.classoid, l.objoid, l.objsubid) as i
where
    i.schema in (select s.name from schemas as s)
    or i.identity in (select s.object from schemas as s)
