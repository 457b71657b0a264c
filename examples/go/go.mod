module club.test/club

go 1.19
