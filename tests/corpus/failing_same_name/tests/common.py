class Shared:
    allow_inherited_tests_method = True

    def test_shared(self):
        self.assertTrue(self.number)
