from training.progress import Progress, SilentProgress


def test_the_silent_one_says_nothing(capfd):
    progress: Progress = SilentProgress()
    progress.stage("epoch 1", 3)
    progress.advance(1, loss=0.5)
    progress.note("noted")
    progress.warn("warned")
    assert capfd.readouterr() == ("", "")
