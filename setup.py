import os
import re

from setuptools import setup
from setuptools.command.sdist import sdist

HERE = os.path.dirname(os.path.abspath(__file__))
# What setuptools would leave out of the source distribution: with it the
# tests can be run there.
SOURCES = ['CHANGELOG.md', 'LICENSE', 'README.md', 'bench_tinys3.py',
           'test_tinys3.py', os.path.join('.ci', 'chart.svg')]


def read(name):
    with open(os.path.join(HERE, name), encoding='utf-8') as file:
        return file.read()


class Sdist(sdist):
    def make_release_tree(self, base_dir, files):
        super().make_release_tree(base_dir, sorted(set(files) | set(SOURCES)))


setup(
    name='tinys3',
    version=re.search(r"^__version__ = '([^']+)'$", read('tinys3.py'),
                      re.M).group(1),
    description='Quick and minimal S3 for Python, in one file',
    long_description=read('README.md'),
    long_description_content_type='text/markdown',
    license='MIT',
    py_modules=['tinys3'],
    python_requires='>=3.6',
    extras_require={'test': ['pytest', 'moto[server]']},
    entry_points={'console_scripts': ['tinys3 = tinys3:main']},
    cmdclass={'sdist': Sdist},
    classifiers=[
        'Development Status :: 5 - Production/Stable',
        'Intended Audience :: Developers',
        'Operating System :: OS Independent',
        'Programming Language :: Python :: 3',
        'Programming Language :: Python :: 3 :: Only',
        'Programming Language :: Python :: Implementation :: CPython',
        'Programming Language :: Python :: Implementation :: PyPy',
    ],
)
