-- Take an edited file as what was applied.
update arami_db.migration
set name = %(name)s,
    checksum = %(checksum)s,
    origin = 'repair'
where kind = %(kind)s and version = %(version)s
